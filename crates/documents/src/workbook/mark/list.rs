//! The sheet that lists all errors, each with a link to its cell.

use super::escaped;
use crate::workbook::CellError;

/// The sheet's part.
pub(super) fn sheet(errors: &[CellError]) -> String {
    let mut rows = row(1, ["序号", "位置", "错误和改法", "规则"].map(str::to_owned));
    let mut links = String::new();
    for (number, error) in (2..).zip(errors) {
        let place = if error.place.is_empty() { "文件" } else { &error.place };
        rows.push_str(&row(
            number,
            [(number - 1).to_string(), place.to_owned(), error.message.clone(), error.rule.clone()],
        ));
        if let Some((sheet, cell)) = error.place.rsplit_once('!') {
            let target = escaped(&format!("'{}'!{cell}", sheet.replace('\'', "''")));
            links.push_str(&format!(
                "<hyperlink ref=\"B{number}\" location=\"{target}\" display=\"{}\"/>",
                escaped(place)
            ));
        }
    }
    let links = if links.is_empty() { links } else { format!("<hyperlinks>{links}</hyperlinks>") };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
         <sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" \
         state=\"frozen\"/></sheetView></sheetViews><cols><col min=\"1\" max=\"1\" width=\"6\" customWidth=\"1\"/>\
         <col min=\"2\" max=\"2\" width=\"20\" customWidth=\"1\"/><col min=\"3\" max=\"3\" width=\"90\" customWidth=\"1\"/>\
         <col min=\"4\" max=\"4\" width=\"22\" customWidth=\"1\"/></cols><sheetData>{rows}</sheetData>{links}</worksheet>"
    )
}

fn row(number: usize, cells: [String; 4]) -> String {
    let cells = ["A", "B", "C", "D"].iter().zip(cells).map(|(column, text)| {
        let text = escaped(&text);
        format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>")
    });
    format!("<row r=\"{number}\">{}</row>", cells.collect::<String>())
}
