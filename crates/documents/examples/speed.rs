//! How long documents take: a bulletin of three tables of thirty rows as PDF, in a new process and again in the same one, and
//! a table of 30,000 rows as a workbook and back, beside the library alone.
//!
//!     deploy/fonts && cargo run --release -p minsheng-documents --example speed
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::float_arithmetic, missing_docs)]

use std::path::Path;
use std::time::{Duration, Instant};

use minsheng_documents::document::{
    Attachment, Block, Cell, Document, Head, Imprint, Layout, Masthead, Signature, Table,
};
use minsheng_documents::render;
use minsheng_documents::typeset::{Families, FontSet};
use minsheng_documents::workbook::read_sheet;

const ROWS: usize = 30_000;
const TEXT: &str =
    "重点指标共26项，其中已完成1项，按序时推进18项，滞后4项（其中严重滞后1项），目标待下达1项，未定计划曲线2项。";

fn table(title: &str, rows: usize) -> Table {
    let heads = ["序号", "牵头单位", "目标", "完成", "完成率", "备注"];
    let row = |number: usize| {
        vec![
            Cell::Number(number.to_string()),
            Cell::text("县农业农村局"),
            Cell::Number((number * 7 + 100).to_string()),
            Cell::Number((number * 3).to_string()),
            Cell::Number(format!("{}.{}", number % 100, number % 10)),
            Cell::text("按序时推进"),
        ]
    };
    Table {
        sheet: title.to_owned(),
        title: title.to_owned(),
        source: "数据截至2023年6月20日；依据认定数".to_owned(),
        units: "单位：见表头".to_owned(),
        heads: heads.map(|head| Head::new(head, 10)).to_vec(),
        rows: (1..=rows).map(row).collect(),
        note: String::new(),
    }
}

fn bulletin() -> Document {
    let office = "安化县重点民生实事项目办公室".to_owned();
    let date = "2023年6月28日".to_owned();
    let mut body: Vec<Block> = (1..=4).map(|number| Block::numbered(number, "进展情况", TEXT.repeat(5))).collect();
    body.push(Block::Table(table("排名情况表", 30)));
    Document {
        layout: Layout::Official,
        masthead: Masthead {
            mark: office.clone(),
            number: "安实办通报〔2023〕3号".to_owned(),
            compiler: office.clone(),
            date: date.clone(),
            ..Masthead::default()
        },
        title: vec!["关于2023年重点民生实事项目".to_owned(), "6月份进展情况的通报".to_owned()],
        addressees: "各乡镇人民政府：".to_owned(),
        body,
        attachments: ["明细表", "任务表"].map(|title| Attachment::of(table(title, 30))).to_vec(),
        signature: Some(Signature { name: office.clone(), date: date.clone(), sealed: true }),
        imprint: Imprint { printed_by: office, printed_on: date, ..Imprint::default() },
        verification: None,
        demo_mark: String::new(),
        source: String::new(),
        origin: String::new(),
        day: jiff::civil::date(2023, 6, 28),
        sheets: Vec::new(),
        summary_sheet: "通报要点".to_owned(),
    }
}

fn time<T>(what: &str, job: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = job();
    let took = began.elapsed();
    println!("{what:<48} {:>7.1} ms", took.as_secs_f64() * 1000.0);
    (done, took)
}

/// The same cells by the library alone.
fn library(table: &Table) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(&table.rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell.shown().parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number).unwrap(),
                Err(_) => sheet.write_string(row, column, cell.shown()).unwrap(),
            };
        }
    }
    workbook.save_to_buffer().unwrap()
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned()
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fonts");
    let (fonts, _) = time("fonts found and hashed", || FontSet::find(&folder, Families::free()).unwrap());
    let document = bulletin();
    time("bulletin as PDF, first in this process", || render::pdf(&document, &fonts).unwrap());
    let warm = (0..5).map(|_| time("bulletin as PDF, again", || render::pdf(&document, &fonts).unwrap()).1).min();
    println!("bulletin as PDF, best again: {:.1} ms; {}", warm.unwrap().as_secs_f64() * 1000.0, peak());
    let mut large = bulletin();
    large.body = Vec::new();
    large.attachments = Vec::new();
    large.sheets = vec![table("三万行", ROWS)];
    let (_, alone) = time("30,000 rows out, the library alone", || library(&large.sheets[0]));
    let (workbook, ours) = time("30,000 rows out", || render::xlsx(&large).unwrap());
    println!("out: {:.2} times the library alone", ours.as_secs_f64() / alone.as_secs_f64());
    let (sheet, _) = time("30,000 rows in", || read_sheet(&workbook, "三万行").unwrap());
    println!("{} rows read; {}", sheet.rows.len(), peak());
}
