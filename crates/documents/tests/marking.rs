//! What a clerk gets back when a workbook is refused: the same file, the wrong cells in red with a note, a list of all
//! errors; and once they are put right, the file is taken, marks and all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod programme;

use std::io::{Cursor, Read};

use minsheng_documents::workbook::{
    CellError, WorkbookError, mark_errors, read_catalogue, read_sheet, write_catalogue_template,
};
use programme::programme;

fn part(bytes: &[u8], path: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(path).unwrap_or_else(|_| panic!("{path} is missing")).read_to_string(&mut text).unwrap();
    text
}

fn error(place: &str, message: &str) -> CellError {
    CellError { place: place.to_owned(), rule: "CELL_NUMBER".to_owned(), message: message.to_owned() }
}

/// Path of the sheet 计量项.
const MEASURES: &str = "xl/worksheets/sheet6.xml";

#[test]
fn wrong_cells_are_red_noted_and_listed_and_all_else_stays() {
    let written = write_catalogue_template(&programme()).unwrap();
    let errors =
        [error("计量项!H4", "请只填<半角>数字"), error("计量项!H4", "不带单位"), error("计量项!D7", "可填：累计")];
    let marked = mark_errors(&written, &errors).unwrap();
    let sheet = part(&marked, MEASURES);
    assert!(sheet.contains("<conditionalFormatting sqref=\"D7 H4\">"), "{sheet}");
    let order = ["</sheetData>", "<conditionalFormatting", "<dataValidations", "<pageMargins", "<legacyDrawing"];
    let places: Vec<usize> = order.iter().map(|element| sheet.find(element).unwrap()).collect();
    assert!(places.is_sorted(), "{order:?} stand at {places:?}");
    assert!(part(&marked, "xl/styles.xml").contains("<dxfs count=\"1\"><dxf>"));
    let notes = part(&marked, "xl/minsheng-notes6.xml");
    assert!(notes.contains("请只填&lt;半角&gt;数字\n不带单位") && notes.matches("<comment ").count() == 2, "{notes}");
    assert_eq!(part(&marked, "xl/drawings/minsheng-notes6.vml").matches("<x:Row>").count(), 2);
    let list = read_sheet(&marked, "错误清单").unwrap();
    assert_eq!(list.rows[0].cells, ["序号", "位置", "错误和改法", "规则"]);
    assert_eq!(list.rows[1].cells, ["1", "计量项!H4", "请只填<半角>数字", "CELL_NUMBER"]);
    assert_eq!(list.rows.len(), 4);
    for untouched in ["xl/sharedStrings.xml", "xl/worksheets/sheet5.xml"] {
        assert_eq!(part(&marked, untouched), part(&written, untouched));
    }
    assert_eq!(read_catalogue(&marked).unwrap(), programme(), "marks are no content");
    assert!(mark_errors(&written, &errors).unwrap() == marked, "the same bytes");
}

#[test]
fn a_second_round_takes_the_first_ones_marks_off() {
    let written = write_catalogue_template(&programme()).unwrap();
    let first = mark_errors(&written, &[error("计量项!H4", "第一次"), error("指标!A4", "第一次")]).unwrap();
    let second = mark_errors(&first, &[error("计量项!D7", "第二次")]).unwrap();
    let sheet = part(&second, MEASURES);
    assert_eq!(sheet.matches("<conditionalFormatting").count(), 1);
    assert!(sheet.contains("sqref=\"D7\"") && sheet.matches("<legacyDrawing").count() == 1, "{sheet}");
    assert!(!part(&second, "xl/worksheets/sheet5.xml").contains("conditionalFormatting"));
    let notes = part(&second, "xl/minsheng-notes6.xml");
    assert!(notes.contains("第二次") && !notes.contains("第一次"), "{notes}");
    assert!(!part(&second, "xl/minsheng-notes5.xml").contains("第一次"));
    assert_eq!(part(&second, "xl/styles.xml").matches("<dxf>").count(), 1);
    assert_eq!(part(&second, "xl/workbook.xml").matches("错误清单").count(), 1);
    assert_eq!(read_sheet(&second, "错误清单").unwrap().rows.len(), 2);
}

#[test]
fn what_is_no_workbook_is_not_marked() {
    let outcome = mark_errors(b"PK\x03\x04 no", &[error("计量项!D7", "x")]);
    assert!(matches!(outcome, Err(WorkbookError::Refused(errors)) if errors[0].rule == "FILE_DAMAGED"));
}
