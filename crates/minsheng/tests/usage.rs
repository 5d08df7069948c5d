//! The command line's contract with scripts: exit codes, where what is printed, and that secrets stay private.
#![allow(clippy::unwrap_used)]

mod common;

use common::{minsheng, minsheng_at};
use minsheng_kit::error::Reason;

#[test]
fn help_is_an_answer_and_wrong_use_is_code_2() {
    let help = minsheng(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    assert!(help.stdout.contains("用法：") && help.stdout.contains("退出码"), "{}", help.stdout);
    for wrong in [vec!["nonsense"], vec![], vec!["duties", "--period", "2023-13"], vec!["report", "file", "--nonsense"]]
    {
        let ran = minsheng(&wrong);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{wrong:?}");
        assert!(ran.stderr.starts_with("命令用法有误："), "{}", ran.stderr);
        let english = ["error:", "Usage", "For more information", "[OPTIONS]"];
        assert!(english.iter().all(|word| !ran.stderr.contains(word)), "{}", ran.stderr);
    }
}

#[test]
fn a_wrong_use_is_told_in_json_where_json_is_asked_for() {
    for asked in [&["--output", "json"][..], &["--output=json"], &["-o", "json"], &["-ojson"]] {
        let ran = minsheng(&[asked, &["duties", "--period", "2023-13"]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{asked:?}");
        let told: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(told["error"]["exitCode"], 2);
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.contains("2023-13") && message.contains("月份写作 2023-06"), "{message}");
    }
}

#[test]
fn who_has_not_logged_in_is_told_how() {
    let ran = minsheng(&["whoami"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("还没有登录") && ran.stderr.contains("minsheng login"), "{}", ran.stderr);
    let json = minsheng(&["whoami", "--output", "json"]);
    let error: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!(error["error"]["exitCode"], 4);
}

#[test]
fn a_gateway_that_does_not_answer_is_code_7_and_no_profile_is_written() {
    let home = tempfile::tempdir().unwrap();
    let password = home.path().join("password");
    std::fs::write(&password, "correct horse battery staple\n").unwrap();
    let arguments = ["login", "a.b", "--gateway", "http://127.0.0.1:1", "--password-file", password.to_str().unwrap()];
    let ran = minsheng_at(home.path(), &arguments);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(!ran.stderr.contains("horse"));
    assert!(!home.path().join(".config/minsheng/profile.toml").exists());
}

#[test]
fn plain_text_leaves_this_machine_under_no_name() {
    let home = tempfile::tempdir().unwrap();
    let password = home.path().join("password");
    std::fs::write(&password, "correct horse battery staple\n").unwrap();
    let file = password.to_str().unwrap();
    let ran = minsheng_at(home.path(), &["login", "a.b", "--gateway", "http://192.0.2.1:1", "--password-file", file]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn every_reason_has_its_page_in_the_binary() {
    for reason in Reason::ALL {
        let ran = minsheng(&["error", reason.as_str()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("怎么办"), "{reason} has no page: {}", ran.stdout);
    }
    assert_eq!(minsheng(&["error", "NO_SUCH_REASON"]).code, 5);
}
