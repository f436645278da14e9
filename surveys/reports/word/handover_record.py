"""The record of a hand-over: one page for two signatures, with what is handed over and the fingerprint by which it is known.

It says nothing of when and by whom: place, date and names are left to fill in, so that the same package gives the same record.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from surveys.handover.handing_over import HandedOver
from surveys.handover.manifest import SUMS
from surveys.handover.official_columns import COLUMNS
from surveys.handover.words import document_shown, period_shown
from surveys.problems import Language, fault, phrase
from surveys.reports.word.document import LetterHead, Paragraph, Picture, TableLook, WordDocument
from surveys.reports.word.styles import layout
from surveys.vocabulary.dates import written_date

#: Counts that every record has; the others only where something was counted.
_ALWAYS = ("issued", "returned", "valid", "rejected")
_BLANK = "…………"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_GROUPS_A_LINE = 8
#: Millimetres: the names of facts, the picture of the fingerprint, and the number of bytes of a file.
_FACT, _PICTURE, _BYTES = 45, 34, 18
#: How many files stand side by side, and the characters that the longest of their names may have then.
_ACROSS = {3: 20, 2: 30}
_PIXELS = 8  # of a module of the QR code


def handover_record(handed: HandedOver) -> bytes:
    """The record of what is handed over as the bytes of a DOCX file, in the language of the study's official files.

    Raises SurveyError when the packages for it (extra ``word``) are not installed.
    """
    language, identity = handed.facts.output.language, handed.facts.identity
    publisher = identity["publisher"] or _BLANK * 2
    title, subject = (
        phrase("record.title", language),
        phrase("record.subject", language, study=identity["label"]),
    )
    document = WordDocument(language, f"{title}: {identity['label']}", identity["publisher"])
    document.head(
        LetterHead(publisher, phrase("record.number", language), phrase("record.place_and_date", language))
    )
    document.entitled(title, subject)
    _write_parties(document, publisher)
    document.write(("heading", phrase("record.what", language)))
    _write_facts(document, handed)
    document.write(("heading", phrase("record.counts", language)))
    _write_counts(document, handed)
    document.write(("heading", phrase("record.files", language)))
    _write_files(document, handed)
    document.write(("heading", phrase("record.fingerprint", language)))
    _write_fingerprint(document, handed.fingerprint)
    document.write(("check", phrase("record.copies", language)))
    _write_signatures(document)
    return document.content()


def _write_parties(document: WordDocument, publisher: str) -> None:
    language = document.language
    represented = ("fact", phrase("record.represented", language))
    giver = ("fact", phrase("record.giver", language, giver=publisher))
    document.write(giver, represented, ("fact", phrase("record.receiver", language)), represented)


def _write_facts(document: WordDocument, handed: HandedOver) -> None:
    """Study, instrument, fieldwork and units: the name of each to the left, what it is to the right."""
    language, identity, publication = document.language, handed.facts.identity, handed.facts.publication
    days = " – ".join(written_date(day, language) for day in identity["fieldwork"].split(" – "))
    units, ranked = _whole(handed.units, language), _whole(handed.ranked, language)
    facts = {
        "handover.identity.study": identity["study"],
        "handover.identity.instrument": identity["instrument"],
        "handover.identity.period": period_shown(publication.period, language),
        "handover.identity.fieldwork": days,
        "handover.identity.document": document_shown(publication.document, language),
        "record.units.name": phrase("record.units", language, units=units, ranked=ranked),
    }
    rows = [
        [[("fact", f"{phrase(code, language)}:")], [("fact", text)]] for code, text in facts.items() if text
    ]
    document.beside(rows, (_FACT, layout()[0].text_width - _FACT))


def _write_counts(document: WordDocument, handed: HandedOver) -> None:
    """One row of numbers, the forms first where a form was about several units."""
    language, counts = document.language, handed.counts
    apart = handed.forms != counts["returned"]
    shown = [name for name in counts if counts[name] or name in _ALWAYS]
    headings = [COLUMNS[name].heading(language) for name in shown]
    # no list of the forms that were handed out says nothing of their number
    numbers = [_whole(counts[name], language) if counts[name] or name != "issued" else "–" for name in shown]
    if apart:
        headings = [phrase("summary.forms", language), *headings]
        numbers = [_whole(handed.forms, language), *numbers]
    widths = [layout()[0].text_width / len(headings)] * len(headings)
    document.table(headings, [numbers], TableLook(widths, [True] * len(headings)))
    if apart:
        document.write(("note", phrase("summary.evaluations", language)))


def _write_files(document: WordDocument, handed: HandedOver) -> None:
    """Names and sizes of the files, as many in a row as their names leave room for."""
    language = document.language
    files = [(path, _whole(len(content), language)) for path, content in sorted(handed.files.items())]
    longest = max(len(path) for path, _ in files)
    beside = next((number for number, most in _ACROSS.items() if longest <= most), 1)
    lines = -(-len(files) // beside)
    columns = [files[start : start + lines] for start in range(0, len(files), lines)]
    columns[-1] += [("", "")] * (lines - len(columns[-1]))
    rows = [[text for pair in pairs for text in pair] for pairs in zip(*columns, strict=True)]
    headings = (phrase("record.file", language), phrase("record.bytes", language))
    wide = layout()[0].text_width / len(columns) - _BYTES
    look = TableLook((wide, _BYTES) * len(columns), (False, True) * len(columns), "small")
    document.table(headings * len(columns), rows, look)
    document.write(("note", phrase("record.beside", language, sums=SUMS)))


def _write_fingerprint(document: WordDocument, fingerprint: str) -> None:
    """The fingerprint in lines of groups, how to check it, and its picture for a camera."""
    language = document.language
    lines: list[Paragraph | Picture] = [("code", line) for line in _lines_of(fingerprint)]
    lines.append(("check", phrase("record.check", language)))
    picture = Picture(
        qr_code(fingerprint), _PICTURE, phrase("record.picture", language, fingerprint=fingerprint)
    )
    document.beside([[lines, [picture]]], (layout()[0].text_width - _PICTURE - 4, _PICTURE + 4))


def _write_signatures(document: WordDocument) -> None:
    half = layout()[0].text_width / 2
    sides: list[list[Paragraph | Picture]] = [
        [
            ("signer", phrase(side, document.language)),
            ("signer_how", phrase("record.how_to_sign", document.language)),
            ("signer_name", _BLANK * 3),
        ]
        for side in ("record.giver_signs", "record.receiver_signs")
    ]
    document.beside([sides], (half, half))
    document.write(("end", ""))


def qr_code(text: str) -> bytes:
    """A text as a QR code (ISO/IEC 18004) in black and white: PNG bytes, with the quiet zone of four modules."""
    try:
        import segno
    except ImportError:
        raise fault("word.not_installed") from None
    target = io.BytesIO()
    segno.make_qr(text, error="m").save(target, kind="png", scale=_PIXELS)
    return target.getvalue()


def _lines_of(fingerprint: str) -> Sequence[str]:
    groups = fingerprint.split()
    lines = (groups[k : k + _GROUPS_A_LINE] for k in range(0, len(groups), _GROUPS_A_LINE))
    return [_NO_BREAK.join(line) for line in lines]


def _whole(number: int, language: Language) -> str:
    """A whole number with its thousands apart.

    >>> _whole(13553, "vi"), _whole(13553, "en")
    ('13.553', '13,553')
    """
    text = f"{number:,}"
    return text.replace(",", ".") if language == "vi" else text
