//! The worker as a real process: this executable starts itself again as `worker`, so its bounds on memory and time are the
//! kernel's. Every bomb must be refused with a reason within two seconds and 256 MiB. It has a main of its own, because a
//! test harness would write into the worker's answer; it lists and runs its checks as the harness would.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

mod bombs;
mod fixture;
mod programme;

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use fixture::{material, snapshot};
use minsheng_documents::bulletin::{render_docx, render_html, render_xlsx};
use minsheng_documents::typeset::{Families, FontSet};
use minsheng_documents::workbook::MonthForm;
use minsheng_documents::worker::{Client, Form, WorkerError, run_worker};
use minsheng_proto::catalogue::v1::Programme;
use minsheng_proto::ranking::v1::Snapshot;
use programme::programme;

const CHECKS: [(&str, fn()); 7] = [
    ("bombs_are_refused_with_a_reason", bombs_are_refused),
    ("templates_go_out_and_come_back", templates_go_out_and_come_back),
    ("bulletins_are_the_same_in_any_language_and_time_zone", the_same_in_any_environment),
    ("a_pdf_is_set_within_the_bounds", a_pdf_within_the_bounds),
    ("too_much_memory_is_said_to_be_that", too_much_memory),
    ("too_much_time_is_said_to_be_that", too_much_time),
    ("a_wrong_job_is_told_from_a_crash", wrong_jobs),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("worker") {
        run_worker(std::io::stdin(), std::io::stdout()).unwrap();
    } else if has("render") {
        let mut output = std::io::stdout();
        output.write_all(&render_html(&material(&snapshot())).unwrap()).unwrap();
        output.write_all(&render_xlsx(&material(&snapshot())).unwrap()).unwrap();
        output.write_all(&render_docx(&material(&snapshot())).unwrap()).unwrap();
    } else if has("--list") {
        CHECKS.iter().filter(|_| !has("--ignored")).for_each(|(name, _)| println!("{name}: test"));
    } else {
        let wanted = |name: &str| {
            arguments.iter().filter(|word| !word.starts_with('-')).all(|word| name.contains(word.as_str()))
        };
        for (name, check) in CHECKS.iter().filter(|(name, _)| wanted(name)) {
            check();
            println!("test {name} ... ok");
        }
    }
}

fn wait<T>(job: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(job)
}

fn client() -> Client {
    Client::this_program().unwrap()
}

fn bombs_are_refused() {
    for bomb in bombs::all() {
        let started = Instant::now();
        let outcome = wait(client().read_catalogue(bomb.bytes));
        let took = started.elapsed();
        match outcome {
            Err(WorkerError::Refused(errors)) => {
                let rules: Vec<&str> = errors.iter().map(|error| error.rule.as_str()).collect();
                assert_eq!(rules, [bomb.rule], "{}: {errors:?}", bomb.name);
                assert!(errors[0].message.chars().count() >= 8, "{}: no reason", bomb.name);
            }
            other => panic!("{} was not refused: {other:?}", bomb.name),
        }
        // Two seconds is what it takes at the most on a quiet machine; a busy one is given more.
        assert!(took < Duration::from_secs(15), "{} took {took:?}", bomb.name);
        println!("{}: {} in {took:?}", bomb.name, bomb.rule);
    }
}

fn templates_go_out_and_come_back() {
    let written = wait(client().write_catalogue_template(programme())).unwrap();
    assert_eq!(wait(client().read_catalogue(written)).unwrap(), programme());
    let empty = wait(client().write_catalogue_template(Programme::default())).unwrap();
    let refused = wait(client().read_catalogue(empty));
    assert!(matches!(&refused, Err(WorkerError::Refused(errors)) if errors.len() == 3), "{refused:?}");
    let month = MonthForm {
        programme: Some(programme()),
        unit: "rsj".to_owned(),
        period: "2023-06".to_owned(),
        ..Default::default()
    };
    let written = wait(client().write_month_template(month)).unwrap();
    let read = wait(client().read_month(written)).unwrap();
    assert_eq!((read.reports.len(), read.blank), (0, vec!["3.1".to_owned(), "3.2".to_owned()]));
}

#[expect(clippy::disallowed_methods, reason = "the clock must have moved on by two seconds: a zip's tick")]
fn the_same_in_any_environment() {
    let render = |zone: &str, language: &str| {
        let program = std::env::current_exe().unwrap();
        let output =
            Command::new(program).arg("render").env("TZ", zone).env("LANG", language).env("LC_ALL", language).output();
        output.unwrap().stdout
    };
    let here = render("Asia/Shanghai", "zh_CN.UTF-8");
    std::thread::sleep(Duration::from_millis(2100));
    assert!(here == render("America/New_York", "C"));
    let html = wait(client().render_bulletin(material(&snapshot()), Form::Html, None)).unwrap();
    let xlsx = wait(client().render_bulletin(material(&snapshot()), Form::Xlsx, None)).unwrap();
    let docx = wait(client().render_bulletin(material(&snapshot()), Form::Docx, None)).unwrap();
    assert!(here == [html, xlsx, docx].concat());
}

/// A worker with its bounds sets a PDF, the same twice.
fn a_pdf_within_the_bounds() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("fonts");
    let fonts = FontSet::find(&folder, Families::free()).unwrap_or_else(|error| panic!("{error}: run deploy/fonts"));
    let render = || wait(client().render_bulletin(material(&snapshot()), Form::Pdf, Some(fonts.clone()))).unwrap();
    let pdf = render();
    assert!(pdf.starts_with(b"%PDF-") && pdf == render());
    let without = wait(client().render_bulletin(material(&snapshot()), Form::Pdf, None));
    assert!(matches!(without, Err(WorkerError::Failed(_))), "{without:?}");
}

fn too_much_memory() {
    let huge = Snapshot { demo_mark: "演".repeat(10 << 20), ..snapshot() };
    let outcome = wait(client().render_bulletin(material(&huge), Form::Html, None));
    assert!(matches!(outcome, Err(WorkerError::Memory)), "{:?}", outcome.map(|bytes| bytes.len()));
}

fn too_much_time() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let script = folder.join("sleeping-worker");
    std::fs::write(&script, "#!/bin/sh\nexec sleep 60\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let started = Instant::now();
    let sleeping = Client::new(&script).with_time_limit(Duration::from_millis(300));
    let outcome = wait(sleeping.read_catalogue(Vec::new()));
    assert!(matches!(outcome, Err(WorkerError::Time)), "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

fn wrong_jobs() {
    let without_basis = Snapshot { basis: 0, ..snapshot() };
    let outcome = wait(client().render_bulletin(material(&without_basis), Form::Html, None));
    assert!(matches!(&outcome, Err(WorkerError::Failed(why)) if why.contains("fast or on certified")), "{outcome:?}");
    let outcome = wait(Client::new("/no/such/program").read_catalogue(Vec::new()));
    assert!(matches!(outcome, Err(WorkerError::Start(_))), "{outcome:?}");
    let outcome = wait(Client::new("/bin/false").read_catalogue(Vec::new()));
    assert!(matches!(outcome, Err(WorkerError::Crashed(_))), "{outcome:?}");
}
