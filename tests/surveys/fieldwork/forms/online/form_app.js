// A double of the services that scripts of Google have, after their reference (developers.google.com/apps-script/reference/forms):
// it refuses what they refuse, makes the headings of the sheet of answers as they do, and answers a form at random by going from
// page to page. The script stands behind this file; `finish(name, answers, seed)` runs it and prints what it built.
"use strict";

const PageNavigationType = { CONTINUE: "CONTINUE", GO_TO_PAGE: "GO_TO_PAGE", RESTART: "RESTART", SUBMIT: "SUBMIT" };
const forms = [];
const logged = [];

function text(value, what) {
  if (typeof value !== "string" || !value.trim()) throw new Error(`${what}: empty`);
  return value;
}

function different(values, what) {
  if (!Array.isArray(values) || !values.length) throw new Error(`${what}: none`);
  values.forEach((value) => text(value, what));
  if (new Set(values).size !== values.length) throw new Error(`${what}: twice the same`);
  return [...values];
}

class Item {
  constructor(form, kind) {
    Object.assign(this, { form, kind, title: "", help: "", required: false });
    form.items.push(this);
  }
  setTitle(title) {
    this.title = text(title, "title");
    if (/[\r\n]/.test(title)) throw new Error("title: line break");
    return this;
  }
  setHelpText(help) { this.help = text(help, "help"); return this; }
}

class Question extends Item {
  setRequired(required) {
    if (typeof required !== "boolean") throw new Error("required: no boolean");
    this.required = required;
    return this;
  }
}

class Choices extends Question {
  setChoiceValues(values) {
    this.choices = different(values, "choices").map((value) => ({ value, target: null }));
    return this;
  }
}

class Branching extends Choices {
  createChoice(value, target) {
    if (!(target instanceof PageBreak) && !(target in PageNavigationType)) throw new Error("choice: no page");
    if (target instanceof PageBreak && target.form !== this.form) throw new Error("choice: page of another form");
    return { value, target };
  }
  setChoices(choices) {
    different(choices.map((choice) => choice.value), "choices");
    this.choices = choices;
    return this;
  }
}

class Grid extends Question {
  setRows(rows) { this.rows = different(rows, "rows"); return this; }
  setColumns(columns) { this.columns = different(columns, "columns"); return this; }
}

class PageBreak extends Item {
  setGoToPage(target) {
    if (!(target instanceof PageBreak) && !(target in PageNavigationType)) throw new Error("page: no page");
    this.target = target;
    return this;
  }
}

class Form {
  constructor(title) { this.items = []; this.title = text(title, "title"); this.sheet = null; forms.push(this); }
  setTitle(title) { this.title = text(title, "title"); return this; }
  setDescription(description) { this.description = text(description, "description"); return this; }
  setConfirmationMessage(message) { this.confirmation = text(message, "confirmation"); return this; }
  setProgressBar(shown) { this.progress = shown; return this; }
  setDestination(type, id) {
    if (type !== "SPREADSHEET" || this.sheet) throw new Error("destination");
    this.sheet = text(id, "sheet");
    return this;
  }
  getEditUrl() { return "https://docs.google.com/forms/d/double/edit"; }
  getPublishedUrl() { return "https://docs.google.com/forms/d/e/double/viewform"; }
  addTextItem() { return new Question(this, "text"); }
  addSectionHeaderItem() { return new Item(this, "header"); }
  addGridItem() { return new Grid(this, "grid"); }
  addCheckboxItem() { return new Choices(this, "boxes"); }
  addMultipleChoiceItem() { return new Branching(this, "choice"); }
  addListItem() { return new Branching(this, "list"); }
  addPageBreakItem() { return new PageBreak(this, "page"); }
}

const FormApp = { PageNavigationType, DestinationType: { SPREADSHEET: "SPREADSHEET" }, create: (title) => new Form(title) };
const SpreadsheetApp = { create: (name) => ({ getId: () => `sheet of ${text(name, "sheet")}`, getUrl: () => "https://docs.google.com/spreadsheets/d/double" }) };
const Logger = { log: (line) => { logged.push(text(line, "log")); return Logger; } };

function headings(form) {
  const asked = form.items.filter((item) => item instanceof Question);
  return asked.flatMap((item) => (item.kind === "grid" ? item.rows.map((row) => `${item.title} [${row}]`) : [item.title]));
}

// Numbers after George Marsaglia's xorshift (2003).
function numbers(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state % below;
  };
}

function answered(form, draw, texts) {
  const pages = [{ items: [] }];
  form.items.forEach((item) => (item.kind === "page" ? pages.push({ opens: item, items: [] }) : pages[pages.length - 1].items.push(item)));
  const indexOf = (target) => (target instanceof PageBreak ? pages.findIndex((page) => page.opens === target) : pages.length);
  const said = new Map();
  const seen = [];
  for (let at = 0; at < pages.length; ) {
    seen.push(at);
    let next = pages[at + 1] && pages[at + 1].opens.target ? indexOf(pages[at + 1].opens.target) : at + 1;
    for (const item of pages[at].items) {
      if (!(item instanceof Question)) continue;
      const blank = !item.required && draw(8) === 0;
      if (item.kind === "text") said.set(item.title, texts[item.title] || "");
      else if (item.kind === "grid") {
        item.rows.forEach((row) => said.set(`${item.title} [${row}]`, blank || draw(9) === 0 ? "" : item.columns[draw(item.columns.length)]));
      } else if (item.kind === "boxes") {
        said.set(item.title, blank ? "" : item.choices.filter(() => draw(2)).map((choice) => choice.value).join(", "));
      } else {
        const choice = item.choices[draw(item.choices.length)];
        said.set(item.title, blank ? "" : choice.value);
        if (!blank && choice.target) next = indexOf(choice.target);
      }
    }
    if (next <= at) throw new Error("the form goes back");
    at = next;
  }
  return { said: headings(form).map((heading) => said.get(heading) || ""), seen };
}

function finish(run, times, seed, texts) {
  run();
  if (forms.length !== 1 || !forms[0].sheet) throw new Error("one form with one sheet");
  const form = forms[0];
  const draw = numbers(seed);
  const rows = Array.from({ length: times }, () => answered(form, draw, texts));
  const items = form.items.map((item) => ({
    kind: item.kind, title: item.title, help: item.help, required: item.required, rows: item.rows || [],
    options: item.columns || (item.choices || []).map((choice) => choice.value),
  }));
  console.log(JSON.stringify({ title: form.title, items, headings: headings(form), rows, logged }));
}
