//! A DOCX as it comes out of LibreOffice's printer: the measures of the page are read from the PDF's positions and from its
//! ink, and compared with GB/T 9704-2012 within what another program's fonts and rounding may take. LibreOffice, poppler and
//! the Noto CJK fonts must be there: without them the tests fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::float_arithmetic)]

mod fixture;

use fixture::{material, snapshot};

mod libreoffice {
    use std::path::Path;
    use std::process::Command;

    use minsheng_documents::bulletin::compose;
    use minsheng_documents::document::{Block, Document};
    use minsheng_documents::render;

    use super::{material, snapshot};

    const MILLIMETRES: f64 = 25.4 / 72.0;
    const DOTS: f64 = 144.0;

    /// A line of text: page from 1, left, top, right, bottom in millimetres, words.
    struct Line {
        page: usize,
        left: f64,
        top: f64,
        right: f64,
        bottom: f64,
        words: String,
    }

    impl Line {
        fn says(&self, words: &str) -> bool {
            self.words.replace(' ', "").contains(words)
        }
    }

    /// A printed document.
    struct Print {
        folder: tempfile::TempDir,
        pages: Vec<(f64, f64)>,
        lines: Vec<Line>,
    }

    fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env("HOME", folder);
        let output = command.output().unwrap_or_else(|error| panic!("{program} is needed: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn print(document: &Document) -> Print {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("document.docx"), render::docx(document).unwrap()).unwrap();
        let profile = format!("-env:UserInstallation=file://{}/profile", folder.path().display());
        // The empty page before the imprint is a page.
        let filter = r#"pdf:writer_pdf_Export:{"IsSkipEmptyPages":{"type":"boolean","value":"false"}}"#;
        run("soffice", &[&profile, "--headless", "--convert-to", filter, "document.docx"], folder.path());
        let layout = run("pdftotext", &["-bbox-layout", "document.pdf", "-"], folder.path());
        let (mut pages, mut lines) = (Vec::new(), Vec::<Line>::new());
        for row in layout.lines().map(str::trim) {
            let number = |name: &str| -> f64 {
                row.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
            };
            if row.starts_with("<page ") {
                pages.push((number("width") * MILLIMETRES, number("height") * MILLIMETRES));
            } else if row.starts_with("<line ") {
                let [left, top, right, bottom] =
                    ["xMin", "yMin", "xMax", "yMax"].map(|name| number(name) * MILLIMETRES);
                lines.push(Line { page: pages.len(), left, top, right, bottom, words: String::new() });
            } else if row.starts_with("<word ") {
                let word = row.split('>').nth(1).unwrap().split('<').next().unwrap();
                let line = lines.last_mut().unwrap();
                line.words = if line.words.is_empty() { word.to_owned() } else { format!("{} {word}", line.words) };
            }
        }
        Print { folder, pages, lines }
    }

    impl Print {
        fn find(&self, words: &str) -> &Line {
            self.lines.iter().find(|line| line.says(words)).unwrap_or_else(|| panic!("{words} is not printed"))
        }

        fn page(&self, page: usize) -> impl Iterator<Item = &Line> {
            self.lines.iter().filter(move |line| line.page == page)
        }

        /// Places of the ink that `wanted` takes, as rows of dots from the top, each with its first and last dot, in
        /// millimetres.
        fn ink(&self, page: usize, wanted: impl Fn(&[u8]) -> bool) -> Vec<(f64, f64, f64)> {
            let (page, dots) = (page.to_string(), DOTS.to_string());
            let arguments = ["-r", &dots, "-f", &page, "-l", &page, "-singlefile", "document.pdf", "page"];
            run("pdftoppm", &arguments, self.folder.path());
            let picture = std::fs::read(self.folder.path().join("page.ppm")).unwrap();
            let head: Vec<&[u8]> = picture.splitn(4, |byte| *byte == b'\n').collect();
            let size = std::str::from_utf8(head[1]).unwrap();
            let width: usize = size.split(' ').next().unwrap().parse().unwrap();
            let place = |dot: usize| f64::from(u32::try_from(dot).unwrap()) * 25.4 / DOTS;
            let rows = head[3].chunks(width * 3).enumerate().filter_map(|(row, dots)| {
                let inked = |dot: &usize| wanted(&dots[dot * 3..dot * 3 + 3]);
                let first = (0..width).find(inked)?;
                let last = (0..width).rev().find(inked)?;
                Some((place(row), place(first), place(last)))
            });
            rows.collect()
        }
    }

    fn near(measured: f64, wanted: f64, tolerance: f64, what: &str) {
        assert!((measured - wanted).abs() <= tolerance, "{what}: {measured:.2} mm, not {wanted:.2} ± {tolerance:.2}");
    }

    fn red(dot: &[u8]) -> bool {
        dot[0] > 200 && dot[1] < 90 && dot[2] < 90
    }

    #[test]
    fn a_page_has_22_lines_of_28_characters_inside_the_type_area() {
        let characters = "兴".repeat(28 * 60 - 2);
        let mut document = compose(&material(&snapshot())).unwrap();
        document.body = vec![Block::paragraph(characters)];
        (document.attachments, document.demo_mark) = (Vec::new(), String::new());
        let print = print(&document);
        near(print.pages[0].0, 210.0, 0.2, "width");
        near(print.pages[0].1, 297.0, 0.2, "height");
        let second: Vec<&Line> = print.page(2).filter(|line| line.says("兴")).collect();
        assert_eq!(second.len(), 22, "lines of a full page");
        for line in &second {
            assert_eq!(line.words.chars().filter(|character| *character == '兴').count(), 28);
            near(line.left, 28.0, 0.3, "left margin");
            near(line.right, 184.0, 0.7, "right margin");
        }
        for pair in second.windows(2) {
            near(pair[1].top - pair[0].top, 225.0 / 22.0, 0.06, "pitch of the lines");
        }
        near(second[0].top, 37.0, 3.0, "top margin");
        let ink = print.ink(2, |dot| dot[0] < 128);
        assert!(ink.iter().all(|(_, left, right)| *left >= 27.9 && *right <= 184.1), "ink beside the type area");
        let first = print.find("兴");
        near(first.left, 28.0 + 2.0 * 156.0 / 28.0, 0.5, "first line two characters in");
    }

    #[test]
    fn head_ending_and_page_numbers_stand_where_the_standard_puts_them() {
        let print = print(&compose(&material(&snapshot())).unwrap());
        let mark: Vec<(f64, f64, f64)> = print.ink(1, red);
        // The mark of invented figures is red too and stands above the type area.
        let mark: Vec<_> = mark.into_iter().filter(|(top, ..)| *top > 37.0).collect();
        near(mark[0].0, 37.0 + 35.0, 2.5, "top of the red mark");
        let separator: Vec<_> = mark.iter().filter(|(_, left, right)| right - left > 154.0).collect();
        let top = separator.iter().map(|row| row.0).fold(f64::MAX, f64::min);
        near(separator[0].1, 28.0, 0.4, "left end of the separator");
        near(separator[0].2, 184.0, 0.4, "right end of the separator");
        let number = print.find("安实办通报〔2023〕3号");
        near((number.left + number.right) / 2.0, 106.0, 1.0, "middle of the number");
        near(top - number.bottom, 4.0, 2.0, "from the number to the separator");
        let title = print.find("关于安化县2023年重点民生实事项目");
        near((title.left + title.right) / 2.0, 106.0, 1.0, "middle of the title");
        near(title.top - top, 2.0 * 225.0 / 22.0, 3.0, "two lines from separator to title");
        let addressee = print.find("各乡镇人民政府");
        near(addressee.left, 28.0, 0.4, "addressees");

        let below = |page| print.page(page).find(|line| line.top > 262.0).unwrap();
        let numbers: Vec<&Line> = (1..=5).map(below).collect();
        for (page, line) in (1..).zip(&numbers) {
            assert_eq!(line.words, format!("— {page} —"));
            near(line.top, 262.0 + 4.6, 2.0, "page number below the type area");
            match page % 2 {
                1 => near(line.right, 184.0 - 4.94, 0.5, "odd number at the right"),
                _ => near(line.left, 28.0 + 4.94, 0.5, "even number at the left"),
            }
        }
        let (name, date) = (print.find("安化县重点民生实事项目办公室"), print.find("2023年6月28日"));
        assert_eq!(name.page, 1, "the mark comes first");
        let name = print.lines.iter().rfind(|line| line.page == date.page && line.says("项目办公室")).unwrap();
        near((name.left + name.right) / 2.0, (date.left + date.right) / 2.0, 3.0, "name over date");
        near(date.right, 184.0 - 4.0 * 156.0 / 28.0, 3.5, "date four characters in");
    }

    #[test]
    fn wide_tables_lie_on_their_side_and_the_imprint_ends_the_last_even_page() {
        let print = print(&compose(&material(&snapshot())).unwrap());
        let lying = print.find("附件1");
        let lying = print.lines.iter().rfind(|line| line.words == lying.words || line.words == "附件 1");
        let page = lying.unwrap().page;
        near(print.pages[page - 1].0, 297.0, 0.2, "width of a lying page");
        let number = format!("— {page} —");
        let number = print.page(page).find(|line| line.words == number).unwrap();
        near(number.right, 35.0 - 4.6, 2.5, "number beside the type area at the left");
        match page % 2 {
            1 => near(number.bottom, 184.0 - 4.94, 1.0, "odd number at the lower end"),
            _ => near(number.top, 28.0 + 4.94, 1.0, "even number at the upper end"),
        }
        let heads = print.lines.iter().filter(|line| line.words == "指标名称").map(|line| line.page);
        assert_eq!(heads.collect::<Vec<_>>(), [page, page + 1], "heads repeat on the next page");

        let last = print.pages.len();
        assert_eq!(last % 2, 0, "the imprint stands on an even page");
        let imprint: Vec<&Line> = print.page(last).filter(|line| line.top > 100.0).collect();
        assert!(imprint[0].says("抄送") && imprint.iter().any(|line| line.says("印发")));
        assert!(imprint.iter().all(|line| !line.words.starts_with('—')), "no number on the imprint's page");
        near(imprint[0].left, 28.0 + 4.94, 0.5, "one character in");
        let ink = print.ink(last, |dot| dot[0] < 128);
        let rules: Vec<f64> = ink.iter().filter(|row| row.2 - row.1 > 154.0).map(|row| row.0).collect();
        near(*rules.last().unwrap(), 262.0, 1.0, "last line at the foot of the type area");
        assert!(print.page(last - 1).next().is_none(), "the page before is empty");
    }
}
