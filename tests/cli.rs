//! The clerk's command line against a running tier: everybody's work of one month, from the first account to a figure
//! traced back to its evidence, each command the real program as a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::convert::json::to_json;
use minsheng_proto::catalogue::v1::{Basis, Programme, TargetKind};
use minsheng_tests::clerk::Clerk;
use minsheng_tests::{Program, small};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse 430923";
const DIVISIONS: &str = "code,name,level,parent\n430000,湖南省,province,\n430900,益阳市,municipality,430000\n\
                         430923,安化县,county,430900\n";
const UNITS: &str = "id,display_name,kind,division\njyj,县教育局,BUREAU,430923\nssb,县实事办,OFFICE,430923\n\
                     tjj,县统计局,CERTIFIER,430923\n";
const SIGNED: [&str; 8] = ["--progress", "按计划推进。", "--filled-by", "甲", "--reviewed-by", "乙", "--head", "丙"];

/// Everybody, and the month that is reported: the one before this, whose deadline is over.
struct Office {
    folder: tempfile::TempDir,
    _program: Program,
    office: Clerk,
    office2: Clerk,
    chief: Clerk,
    leader: Clerk,
    reporter: Clerk,
    reviewer: Clerk,
    head: Clerk,
    certifier: Clerk,
    today: Date,
    month: String,
    year: i32,
}

#[test]
fn a_month_at_the_command_line() {
    let office = Office::open();
    office.takes_in_the_programme();
    office.shows_what_is_owed();
    office.files_by_flags_json_and_workbook();
    office.enters_for_a_unit();
    office.returns_and_files_again();
    office.certifies();
    office.ranks_and_issues();
    office.traces_and_verifies();
    office.refuses_with_stable_codes();
    office.logs_out();
}

impl Office {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tier = folder.path().join("tier");
        std::fs::create_dir(&tier).unwrap();
        let program = Program::start(&tier, &[]);
        let clerks = folder.path().join("clerks");
        let security = Clerk::log_in(&clerks, &program, "security-admin", &program.first_password());
        let password = security.write("new-password", PASSWORD);
        for (account, person, unit, role) in [
            ("ssb.office1", "P1", "ssb", "office"),
            ("ssb.office2", "P2", "ssb", "office"),
            ("ssb.chief", "P7", "ssb", "office"),
            ("leader.zhou", "P8", "ssb", "leader"),
            ("jyj.reporter", "P3", "jyj", "reporter"),
            ("jyj.reviewer", "P4", "jyj", "reviewer"),
            ("jyj.head", "P5", "jyj", "head"),
            ("tjj.certifier", "P6", "tjj", "certifier"),
        ] {
            let made = security.ok(&[
                "account",
                "create",
                account,
                "--display-name",
                account,
                "--person",
                person,
                "--unit",
                unit,
                "--role",
                role,
                "--password-file",
                &password,
            ]);
            assert!(made.contains(account) && made.contains(person), "{made}");
        }
        let listed = security.json(&["account", "list"]);
        assert_eq!(listed["accounts"].as_array().unwrap().len(), 9);

        let today = SystemClock.now().to_zoned(TimeZone::fixed(offset(8))).date();
        let month = today.first_of_month().checked_sub(1.day()).unwrap();
        let enter = |account: &str| Clerk::log_in(&clerks, &program, account, PASSWORD);
        Self {
            office: enter("ssb.office1"),
            office2: enter("ssb.office2"),
            chief: enter("ssb.chief"),
            leader: enter("leader.zhou"),
            reporter: enter("jyj.reporter"),
            reviewer: enter("jyj.reviewer"),
            head: enter("jyj.head"),
            certifier: enter("tjj.certifier"),
            today,
            month: month.strftime("%Y-%m").to_string(),
            year: i32::from(month.year()),
            folder,
            _program: program,
        }
    }

    /// A report of the month, as people write it.
    fn report(&self, indicator: &str) -> String {
        format!("{indicator}/{}", self.month)
    }

    fn snapshot(&self) -> String {
        format!("{}-1", self.month)
    }

    /// Seven indicators; the second is counted by its item list.
    fn programme(&self) -> Programme {
        let mut programme = small::programme(self.year, 7);
        let listed = &mut programme.projects[0].indicators[1].measures[0];
        listed.item_list = true;
        listed.kind = TargetKind::StageCount.into();
        listed.basis = Basis::Flow.into();
        listed.target = "5".into();
        programme
    }

    fn takes_in_the_programme(&self) {
        let office = &self.office;
        let who = office.json(&["whoami"]);
        assert_eq!((&who["account"]["unit"], &who["account"]["roles"]), (&json!("ssb"), &json!(["ROLE_OFFICE"])));
        assert!(office.ok(&["whoami"]).contains("实事办"));
        let divisions = office.write("divisions.csv", DIVISIONS);
        assert!(office.ok(&["divisions", "import", &divisions]).contains("新增或更名3行"));
        assert!(office.ok(&["divisions", "list", "430900"]).contains("安化县"));
        let units = office.write("units.csv", UNITS);
        office.ok(&["units", "import", &units]);
        assert_eq!(office.json(&["units", "list"])["units"].as_array().unwrap().len(), 3);

        let mut programme = self.programme();
        let file = office.write("programme.json", to_json(&programme).unwrap());
        assert!(office.ok(&["programme", "import", &file, "--validate-only"]).contains("核查完毕，未保存"));
        assert_eq!(office.fails(5, &["programme", "check"]).lines().next(), Some("错误：还没有年度实事项目"));
        assert!(office.ok(&["programme", "import", &file]).contains("已导入为草案"));
        let checked = office.json(&["programme", "check"]);
        assert_eq!(checked["counts"]["keyMeasures"], 7, "{checked}");
        assert!(office.ok(&["programme", "check"]).contains("指标"));
        let workbook = office.path("catalogue.xlsx");
        office.ok(&["programme", "template", &workbook, "--filled"]);
        assert!(office.ok(&["programme", "import", &workbook]).contains("已导入为草案"));
        assert_eq!(office.json(&["programme", "check"])["counts"], checked["counts"]);
        let issued = office.json(&["programme", "issue"]);
        assert_eq!((&issued["version"], &issued["inForceFrom"]), (&json!(1), &json!(format!("{}-01", self.year))));
        assert_eq!(office.reason(6, &["programme", "issue"]), "PROGRAMME_NOT_DRAFT");

        programme.projects[0].indicators[0].measures[0].target = "900".into();
        let file = office.write("programme-2.json", to_json(&programme).unwrap());
        let reason = "目标调整（演示数据）";
        office.ok(&["programme", "amend", &file, "--reason", reason, "--from", &self.month]);
        assert!(office.ok(&["programme", "list"]).contains(&format!("programmes/430923-{}", self.year)));
        assert!(office.ok(&["programme", "show", "--period", &self.month]).contains("900"));
    }

    fn shows_what_is_owed(&self) {
        let asked = ["duties", "--period", &self.month];
        let shown = self.head.soon(&asked, |shown| shown.contains("共7项，未办7项"));
        assert!(shown.contains("1.1 指标1") && shown.contains(&format!("{}-20", self.month)), "{shown}");
        let told = self.head.json(&asked);
        assert_eq!(told["duties"].as_array().unwrap().len(), 7);
        assert_eq!(
            told["duties"][0]["report"],
            format!("programmes/430923-{}/indicators/1.1/reports/{}", self.year, self.month)
        );
    }

    fn files_by_flags_json_and_workbook(&self) {
        let head = &self.head;
        let evidence = head.write("acceptance.pdf", b"%PDF-1.4\n% accepted\n%%EOF\n");
        let uploaded = head.ok(&["evidence", "upload", &evidence, "--label", "验收表"]);
        let hash = uploaded.split_whitespace().next().unwrap();
        let reference = format!("{hash}=验收表@1.1-1");
        let receipt = head.path("receipt.json");
        let report = self.report("1.1");
        let first = by_flags("file", &report, "1.1-1=450");
        let filed = head.run(&[&first[..], &["--evidence", &reference, "--receipt", &receipt]].concat());
        assert_eq!(filed.code, 0, "{filed:?}");
        assert!(
            filed.stdout.contains("已报送") && filed.stderr.contains("回执：minsheng/430923/reporting 第"),
            "{filed:?}"
        );
        assert_eq!(head.reason(6, &first), "REPORT_STATE");
        assert_eq!(head.reason(3, &by_flags("file", &self.report("1.7"), "1.7-1=４５０")), "QUANTITY_INVALID");

        let items = "serial,title,division,stages,amount\n";
        let row = |number: u32| format!("{number},第{number}处（演示数据）,430923,={}-05,\n", self.month);
        let items = head.write("items.csv", format!("{items}{}{}{}", row(1), row(2), row(3)));
        let taken = self.reporter.json(&["items", "import", &items, "--measure", "1.2-1"]);
        assert_eq!(taken, json!({"taken": 3, "failed": 0}));
        assert!(head.ok(&["items", "list", "1.2-1"]).contains("共3条"));
        let content = |number: &str, unit: &str| {
            let number = json!({"value": number, "unit": unit});
            let value = json!({"measure": "1.2-1", "value": {"quantity": number}, "thisPeriod": number});
            let words = json!({"progress": "已建成3处。"});
            let content =
                json!({"values": [value], "narrative": words, "filledBy": "甲", "reviewedBy": "乙", "head": "丙"});
            head.write("content.json", content.to_string())
        };
        let by_json =
            |file: &str| head.run(&["report", "file", &self.report("1.2"), "--json", file, "--output", "json"]);
        let wrong = by_json(&content("3", "户"));
        assert_eq!(wrong.code, 3, "{wrong:?}");
        assert!(wrong.stderr.contains("UNIT_MISMATCH"), "{wrong:?}");
        let wrong = by_json(&content("4", "个"));
        assert_eq!(wrong.code, 3, "the list has three: {wrong:?}");
        let filed = by_json(&content("3", "个"));
        assert_eq!(filed.code, 0, "{filed:?}");
        let filed: Value = serde_json::from_str(&filed.stdout).unwrap();
        assert_eq!(filed["report"]["state"], "REPORT_STATE_SUBMITTED");
        head.ok(&["report", "export", &self.report("1.2"), &head.path("exported.json")]);
        assert!(std::fs::read_to_string(head.path("exported.json")).unwrap().contains("已建成3处。"));

        let (template, filled) = (head.path("template.xlsx"), head.path("filled.xlsx"));
        head.ok(&["month", "template", &template, "--period", &self.month]);
        fill(&template, &filled, &json!({"1.4-1": "12.345x", "1.5-1": 500}));
        let wrong = head.run(&["report", "file", "--workbook", &filled]);
        assert_eq!(wrong.code, 3, "{wrong:?}");
        assert!(wrong.stderr.contains("进展数!J") && wrong.stderr.contains("没有提交任何内容"), "{}", wrong.stderr);
        fill(&template, &filled, &json!({"1.4-1": 400, "1.5-1": 500}));
        let filed = head.run(&["report", "file", "--workbook", &filled]);
        assert_eq!(filed.code, 0, "{filed:?}");
        assert!(filed.stdout.contains("已报送2份"), "{filed:?}");
        assert!(filed.stderr.contains("整项空白") && filed.stderr.contains("1.7"), "{filed:?}");
    }

    fn enters_for_a_unit(&self) {
        let office = &self.office;
        let sealed = office.write("sealed.pdf", b"%PDF-1.4\n% sealed\n%%EOF\n");
        let report = self.report("1.3");
        let entered = by_flags("enter", &report, "1.3-1=300");
        let entered = office.ok(&[&entered[..], &["--sealed-original", &sealed]].concat());
        assert!(entered.contains("待确认"), "{entered}");
        office.soon(&["cases", "list", "--period", &self.month, "--state", "to_confirm"], |shown| {
            shown.contains("共1份")
        });
        assert_eq!(self.reporter.reason(4, &["report", "confirm", &report]), "NOT_ALLOWED");
        assert!(self.head.ok(&["report", "confirm", &report]).contains("已报送"));
    }

    fn returns_and_files_again(&self) {
        let report = self.report("1.6");
        let drafted = self.reporter.ok(&by_flags("draft", &report, "1.6-1=440"));
        assert!(drafted.contains("草稿"), "{drafted}");
        self.reporter.ok(&["report", "check", &report]);
        assert_eq!(self.reporter.reason(4, &["report", "review", &report]), "NOT_ALLOWED");
        assert!(self.reviewer.ok(&["report", "review", &report]).contains("已审核"));
        assert!(self.head.ok(&["report", "sign", &report]).contains("已签"));
        assert!(self.head.ok(&["report", "submit", &report]).contains("已报送"));

        let waiting = ["cases", "list", "--period", &self.month, "--state", "to_check"];
        self.office.soon(&waiting, |shown| shown.contains("共6份"));
        let returned = self.office.ok(&["cases", "return", &report, "--reason", "1.6-1=与系统数不符"]);
        assert!(returned.contains("已退回"), "{returned}");
        let shown = self.head.soon(&["report", "show", &report], |shown| shown.contains("已退回"));
        assert!(shown.contains("与系统数不符"), "{shown}");
        assert!(self.head.ok(&["report", "list", "--period", &self.month]).contains("已退回"));
        assert!(self.head.ok(&by_flags("file", &report, "1.6-1=450")).contains("已报送"));
        self.office.soon(&waiting, |shown| shown.contains("共6份"));
    }

    fn certifies(&self) {
        let first = self.report("1.1");
        assert_eq!(self.head.reason(4, &["cases", "pass", &first]), "SAME_PERSON");
        assert!(self.office.ok(&["cases", "pass", &first]).contains("快报数"));
        let entered = self.office.reason(4, &["cases", "pass", &self.report("1.3")]);
        assert_eq!(entered, "SAME_PERSON", "who entered it does not check it");
        let passed = self.office2.json(&["cases", "pass", "--all", "--period", &self.month]);
        assert_eq!(passed, json!({"decided": 5, "refused": 0}));

        let adjusted = self.report("1.6");
        let shown = self.certifier.ok(&["cases", "show", &adjusted]);
        assert!(shown.contains("450"), "{shown}");
        let done = self.certifier.json(&["cases", "certify", &adjusted, "--adjust", "1.6-1=440:重复登记10个"]);
        assert_eq!(done["state"], "CASE_STATE_CERTIFIED");
        assert_eq!(done["values"][0]["certified"]["quantity"]["value"], "440");
        assert!(self.certifier.ok(&["certify", "--all", "--period", &self.month]).contains("已办5份"));
        let shown = self.office.ok(&["cases", "list", "--period", &self.month, "--state", "certified"]);
        assert!(shown.contains("共6份"), "{shown}");
        self.head.soon(&["report", "show", &adjusted], |shown| shown.contains("已认定"));

        let why = "另有10个未计入";
        self.head.ok(&["report", "correct", &adjusted, "--reason", why]);
        let asked = ["cases", "list", "--period", &self.month, "--state", "correction_asked"];
        self.office.soon(&asked, |shown| shown.contains("共1份"));
        let agreed = self.office.ok(&["cases", "approve-correction", &adjusted, "--reason", "可以复核"]);
        assert!(agreed.contains("已有1人同意"), "{agreed}");
        let refusal = ["cases", "refuse-correction", &adjusted, "--reason", "与台账一致，无须更正"];
        assert_eq!(self.head.reason(4, &refusal), "SAME_PERSON");
        assert_eq!(self.certifier.json(&refusal)["state"], "CASE_STATE_CERTIFIED");
        let told = self.head.soon(&["report", "show", &adjusted], |shown| shown.contains("不同意更正"));
        assert!(told.contains("与台账一致，无须更正") && told.contains(why), "{told}");
    }

    fn ranks_and_issues(&self) {
        let office = &self.office;
        let (month, snapshot) = (self.month.as_str(), self.snapshot());
        let closed = office.ok(&["period", "close", month]);
        assert!(closed.contains("缺报1份") && closed.contains("indicators/1.7/"), "{closed}");
        assert_eq!(office.reason(6, &["period", "close", month]), "PERIOD_CLOSED");
        let preview = office.soon(&["rank", "preview", "--period", month], |shown| shown.contains("县教育局"));
        assert!(preview.starts_with("试算，未保存。") && preview.contains("演示数据"), "{preview}");
        assert_eq!(self.certifier.reason(4, &["rank", "publish", "--period", month]), "NOT_ALLOWED");
        office.soon(&["rank", "publish", "--period", month], |shown| shown.contains("县教育局"));
        assert!(office.ok(&["rank", "list"]).contains("认定数"));
        let row = office.json(&["rank", "show", &snapshot, "--explain", "jyj"]);
        assert_eq!((&row["unit"], &row["rank"]), (&json!("jyj"), &json!(1)), "{row}");
        let standing = office.json(&["rank", "show", &snapshot]);
        assert_eq!(standing["snapshot"]["indicators"].as_array().unwrap().len(), 7);

        let date = self.today.to_string();
        assert!(office.ok(&["bulletin", "compose", &snapshot, "--date", &date]).contains(&date));
        assert_eq!(office.reason(4, &["bulletin", "approve", &snapshot]), "SAME_PERSON");
        assert_eq!(self.chief.reason(6, &["bulletin", "issue", &snapshot]), "BULLETIN_STATE");
        self.office2.ok(&["bulletin", "approve", &snapshot]);
        assert!(self.certifier.ok(&["bulletin", "countersign", &snapshot]).contains("已会签"));
        let laid = office.ok(&["bulletin", "circulate", &snapshot, "--to", "周某某"]);
        assert!(laid.contains("呈送 ssb.office1：周某某"), "{laid}");
        let draft = self.leader.path("draft.html");
        self.leader.ok(&["bulletin", "download", &snapshot, &draft]);
        assert!(std::fs::read_to_string(&draft).unwrap().contains("草稿"));
        assert!(self.leader.fails(8, &["verify", &draft]).contains("没有签发过这份文件"));
        self.leader.ok(&["bulletin", "hold", &snapshot, "--reason", "核实1.1"]);
        self.office2.ok(&["bulletin", "approve", &snapshot]);
        self.certifier.ok(&["bulletin", "countersign", &snapshot]);
        office.ok(&["bulletin", "circulate", &snapshot, "--to", "周某某"]);
        assert_eq!(self.office2.reason(4, &["bulletin", "issue", &snapshot]), "SAME_PERSON");
        let issued = self.chief.ok(&["bulletin", "issue", &snapshot]);
        assert!(issued.contains("HTML") && issued.contains("XLSX"), "{issued}");
        assert!(office.ok(&["bulletin", "list"]).contains("已签发"));
        for name in ["bulletin.html", "bulletin.xlsx", "bulletin.docx"] {
            let file = office.path(name);
            office.ok(&["bulletin", "download", &snapshot, &file]);
            assert!(office.ok(&["verify", &file]).contains("文件属实"));
        }
        let mut altered = std::fs::read(office.path("bulletin.html")).unwrap();
        altered.push(b'\n');
        let altered = office.write("altered.html", altered);
        assert!(office.fails(8, &["verify", &altered]).contains("没有签发过这份文件"));

        let withdraw = ["bulletin", "withdraw", &snapshot, "--reason", "附件有误"];
        assert_eq!(self.chief.reason(4, &withdraw), "SAME_PERSON");
        assert!(office.ok(&withdraw).contains("作废"));
        let told = office.ok(&["verify", &office.path("bulletin.html")]);
        assert!(told.contains("文件属实") && told.contains("作废：附件有误"), "{told}");
    }

    fn traces_and_verifies(&self) {
        let office = &self.office;
        let chain = office.path("chain");
        let asked = ["trace", &self.snapshot(), "--indicator", "1.1", "--save", &chain, "--evidence"];
        let traced = office.run(&asked);
        assert_eq!(traced.code, 0, "{traced:?}");
        assert!(traced.stdout.contains("认定数：450") && traced.stdout.contains("验收表"), "{traced:?}");
        assert!(traced.stderr.contains("佐证文件1个，内容与SHA-256相符"), "{traced:?}");
        let told = office.json(&["trace", &self.snapshot(), "--indicator", "1.6"]);
        assert_eq!(told["measures"][0]["adjustment"], "450→440，重复登记10个", "{told}");
        let keys = office.path("keys");
        let shown = office.json(&["verify", "keys", "--save", &keys]);
        assert!(shown["reporting"].as_str().unwrap().starts_with("minsheng/430923/reporting+"));
        let key = |ledger: &str| format!("{keys}/{ledger}.vkey");

        // From here on nobody is logged in anywhere.
        let offline = Clerk::stranger(self.folder.path(), "offline");
        let of_hand: Vec<String> = ["ranking", "verification", "reporting"].map(key).to_vec();
        let folder = ["verify", "folder", &chain, "--key", &of_hand[0], "--key", &of_hand[1], "--key", &of_hand[2]];
        let again = offline.run(&folder);
        assert_eq!(again.code, 0, "{again:?}");
        assert!(again.stdout.contains("认定数：450"), "{again:?}");
        assert!(again.stderr.contains("佐证文件1个"), "{again:?}");
        assert_eq!(offline.json(&folder)["measures"][0]["certified"], "450");
        let evidence = std::fs::read_dir(Path::new(&chain).join("evidence")).unwrap().next().unwrap().unwrap().path();
        std::fs::write(&evidence, "%PDF-1.4 another").unwrap();
        assert!(offline.fails(8, &folder).contains("佐证"));

        let receipt = self.head.path("receipt.json");
        assert!(offline.ok(&["verify", "receipt", &receipt, "--key", &key("reporting")]).contains("回执有效"));
        assert_eq!(offline.json(&["verify", "receipt", &receipt, "--key", &key("reporting")])[0]["verified"], true);
        offline.fails(8, &["verify", "receipt", &receipt, "--key", &key("ranking")]);
        for ledger in ["catalogue", "reporting", "verification", "ranking"] {
            let database = format!("sqlite://{}", self.folder.path().join(format!("tier/{ledger}.db")).display());
            let checked = offline.ok(&["verify", "ledger", "--database", &database, "--key", &key(ledger)]);
            assert!(checked.contains("存证账完好"), "{checked}");
        }
        let database = format!("sqlite://{}", self.folder.path().join("tier/reporting.db").display());
        let ledger = ["verify", "ledger", "--database", &database, "--key", &key("reporting"), "--head", &receipt];
        let kept = offline.json(&ledger);
        assert_eq!((&kept["verified"], &kept["origin"]), (&json!(true), &json!("minsheng/430923/reporting")));
    }

    fn refuses_with_stable_codes(&self) {
        let (office, head) = (&self.office, &self.head);
        assert!(head.fails(2, &["duties", "--period", "2023-13"]).starts_with("命令用法有误：“--period <MONTH>”"));
        assert_eq!(office.reason(5, &["programme", "check", "430923-2020"]), "PROGRAMME_UNKNOWN");
        assert!(head.fails(5, &by_flags("file", &self.report("9.9"), "9.9-1=1")).contains("没有指标9.9"));
        let program = head.write("program.pdf", b"\x7fELF\x02\x01\x01");
        assert_eq!(head.reason(3, &["evidence", "upload", &program]), "EVIDENCE_TYPE");
        assert!(head.fails(3, &["report", "file", "--workbook", &program]).contains("可执行程序"));
        assert_eq!(head.reason(6, &by_flags("file", &self.report("1.7"), "1.7-1=1")), "PERIOD_CLOSED");
        let stranger = Clerk::stranger(self.folder.path(), "stranger");
        assert!(stranger.fails(4, &["duties", "--period", &self.month]).contains("minsheng login"));
        let password = stranger.write("password", PASSWORD);
        let nowhere = ["login", "jyj.head", "--gateway", "http://127.0.0.1:1", "--password-file", &password];
        assert!(stranger.fails(7, &nowhere).contains("连不上网关"));
    }

    fn logs_out(&self) {
        self.office.ok(&["logout"]);
        assert!(self.office.fails(4, &["whoami"]).contains("还没有登录"));
        let wrong = self.office.write("password", "not the password");
        let wrong = ["login", "ssb.office1", "--password-file", &wrong];
        assert_eq!(self.office.reason(4, &wrong), "CREDENTIALS_INVALID");
    }
}

/// The arguments of a report by flags, with the names that sign.
fn by_flags<'a>(step: &'a str, report: &'a str, value: &'a str) -> Vec<&'a str> {
    [&["report", step, report, "--values", value], &SIGNED[..]].concat()
}

/// Fills in the month's workbook with a program that is not ours.
fn fill(template: &str, filled: &str, numbers: &Value) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("../target/python/bin/python");
    assert!(python.exists(), "the Python packages are missing: tests/run installs them");
    let words = json!({
        "numbers": numbers,
        "progress": {"1.4": "按计划推进。", "1.5": "按计划推进。"},
        "signatures": {"填报人": "甲", "审核人": "乙", "负责人": "丙"},
    });
    let script = root.join("python/fill_month.py");
    let output = Command::new(python).arg(script).args([template, filled, &words.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
