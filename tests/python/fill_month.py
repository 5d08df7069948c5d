"""Fills in a month's workbook as a clerk would, with a program that is not ours: openpyxl.

Arguments: the template, the filled workbook to write, and JSON: numbers (measure -> number), progress (indicator -> text),
signatures (row -> name).
"""

import json
import sys

import openpyxl

HEAD = 3


def columns(sheet):
    return {cell.value: cell.column for cell in sheet[HEAD] if cell.value}


def fill(sheet, key, column, values):
    """Puts values beside their keys; every key must be there."""
    places = columns(sheet)
    rows = {sheet.cell(row, places[key]).value: row for row in range(HEAD + 1, sheet.max_row + 1)}
    for name, value in values.items():
        sheet.cell(rows[name], places[column]).value = value


template, filled, wanted = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
book = openpyxl.load_workbook(template)
fill(book["进展数"], "计量项编码", "累计数", wanted["numbers"])
fill(book["文字情况"], "指标编码", "工作进展", wanted["progress"])
fill(book["签字盖章"], "事项", "内容", wanted["signatures"])
book.save(filled)
