  const pages = FORM.pages.map(() => null);
  const branches = [];
  const form = FormApp.create(FORM.title);
  form.setTitle(FORM.title).setDescription(FORM.description).setConfirmationMessage(FORM.confirmation).setProgressBar(true);

  const placeOf = (page) => (page < 0 ? FormApp.PageNavigationType.SUBMIT : pages[page]);

  const withTexts = (item, said) => {
    item.setTitle(said.title);
    if (said.help) item.setHelpText(said.help);
    if (said.kind !== "header") item.setRequired(said.required);
    return item;
  };

  const add = (said) => {
    if (said.kind === "text") withTexts(form.addTextItem(), said);
    if (said.kind === "header") withTexts(form.addSectionHeaderItem(), said);
    if (said.kind === "grid") withTexts(form.addGridItem(), said).setRows(said.rows).setColumns(said.options);
    if (said.kind === "boxes") withTexts(form.addCheckboxItem(), said).setChoiceValues(said.options);
    if (said.kind === "choice" || said.kind === "list") {
      const item = withTexts(said.kind === "list" ? form.addListItem() : form.addMultipleChoiceItem(), said);
      if (said.goesTo.length) branches.push([item, said]);
      else item.setChoiceValues(said.options);
    }
  };

  FORM.pages.forEach((page, k) => {
    if (k > 0) pages[k] = form.addPageBreakItem().setTitle(page.title);
    page.items.forEach(add);
  });
  branches.forEach(([item, said]) =>
    item.setChoices(said.options.map((option, k) => item.createChoice(option, placeOf(said.goesTo[k])))),
  );
  // Where the form goes on after a page is said by the break behind it.
  FORM.pages.forEach((page, k) => {
    const follows = k + 1 < pages.length ? k + 1 : -1;
    if (follows > 0 && page.next !== follows) pages[follows].setGoToPage(placeOf(page.next));
  });

  const sheet = SpreadsheetApp.create(FORM.title);
  form.setDestination(FormApp.DestinationType.SPREADSHEET, sheet.getId());
  Logger.log(FORM.told.edit + " " + form.getEditUrl());
  Logger.log(FORM.told.answer + " " + form.getPublishedUrl());
  Logger.log(FORM.told.sheet + " " + sheet.getUrl());
