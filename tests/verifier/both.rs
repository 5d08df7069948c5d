//! Three tiers that may lie: our program and the one in Python come to the same judgement of the saved chain.

use std::path::Path;
use std::process::Command as Process;

use minsheng_proto::tier::v1::FigureMark;
use minsheng_tests::process::binary;

use super::tiers::{self, Story};
use super::{Folder, flip, python};

/// What both verifiers say of a folder: ours by the real program.
fn both(folder: &Path) -> (Result<String, String>, Result<String, String>) {
    let path = folder.to_str().unwrap();
    let ours = Process::new(binary()).args(["verify", "folder", path]).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ours = match ours.status.code() {
        Some(0) => Ok(said(&ours.stdout)),
        Some(3 | 8) => Err(said(&ours.stderr)),
        code => panic!("{folder:?} ended with {code:?}: {ours:?}"),
    };
    (python(&["folder", path]), ours)
}

#[test]
fn a_chain_of_three_tiers_and_what_each_may_lie_about() {
    let folder = Folder::new();
    let told = |story: &Story| {
        let place = folder.0.path().join("tiers");
        let _ = std::fs::remove_dir_all(&place);
        tiers::tell(story, |_| {}).save(&place);
        both(&place)
    };
    for composed in [false, true] {
        let (python, ours) = told(&Story { composed, ..Story::default() });
        let (python, ours) = (python.unwrap(), ours.unwrap());
        assert!(python.contains("lower tiers") && !python.contains("left out"), "{python}");
        for county in ["430921", "430923"] {
            assert!(ours.contains(&format!("minsheng/{county}/verification第0条")), "{ours}");
        }
        for words in [&"01".repeat(32), &"02".repeat(32), "尚缺：430922", "minsheng/430000/witness"] {
            assert!(ours.contains(words), "{words}: {ours}");
        }
    }
    // A county that answers with two indicators, and a city that sends more than is known above.
    let jointly = Some(("5", FigureMark::Certified));
    let (python, ours) = told(&Story { jointly, beyond: &[0xa2, 0x06, 0x01, b'x'], ..Story::default() });
    let (python, ours) = (python.unwrap(), ours.unwrap());
    assert!(!python.contains("left out"), "{python}");
    for words in ["430923的1.2-1", "minsheng/430923/verification第1条", &"05".repeat(32)] {
        assert!(ours.contains(words), "{words}: {ours}");
    }
    let (python, ours) = told(&Story { left_out: true, ..Story::default() });
    assert!(python.unwrap().contains("2 left out"));
    assert!(ours.unwrap().contains("条目未随附"));

    let truth = Story::default;
    let lies = [
        (Story { told: "13", ..truth() }, "the value of 1.1-1 of 430923", "430923上报的1.1-1与"),
        (Story { shown: "13", ..truth() }, "do not add up", "各地合计43，与总数42不符"),
        (Story { total: "43", shown: "13", ..truth() }, "another figure for 430923", "分解中430923的数"),
        (Story { total: "43", composed: true, ..truth() }, "do not add up", "各地合计42，与总数43不符"),
        (Story { other_part: true, ..truth() }, "another figure than 430923", "说的不是430923"),
        (Story { answer: "1.1-2", ..truth() }, "the value of 1.1-1 of 430900", "430900上报的1.1-1与"),
        (Story { answer: "", composed: true, ..truth() }, "is not said to be a sum", "430900上报的1.1-1与"),
        (
            Story { jointly: Some(("6", FigureMark::Certified)), ..truth() },
            "the value of 1.1-2 of 430923",
            "430923上报的1.1-2与",
        ),
        (Story { jointly: Some(("5", FigureMark::Fast)), ..truth() }, "is about another figure than", "430923"),
        (Story { received: Some("44"), ..truth() }, "the value of 1.1-1 of 430900", "430900上报的1.1-1与"),
    ];
    for (story, words, ours_says) in lies {
        let (python, ours) = told(&story);
        let (python, ours) = (python.expect_err(words), ours.expect_err(words));
        assert!(python.contains(words), "{words}: {python}");
        assert!(ours.contains(ours_says), "{ours_says}: {ours}");
    }
    let place = folder.0.path().join("forked");
    tiers::tell(&truth(), |_| {}).forked().save(&place);
    let (python, ours) = both(&place);
    assert!(python.unwrap_err().contains("forked") && ours.unwrap_err().contains("分叉"));
}

/// Whoever changes a byte, even the tier above that signs it: both name the entry.
#[test]
fn one_byte_at_any_step_is_found_by_both() {
    let folder = Folder::new();
    let place = folder.0.path().join("chain");
    for (composed, count) in [(false, 10), (true, 9)] {
        for (name, change) in tiers::one_byte(count) {
            let _ = std::fs::remove_dir_all(&place);
            tiers::tell(&Story { composed, ..Story::default() }, change).save(&place);
            let (python, ours) = both(&place);
            let (python, ours) = (python.expect_err(&name), ours.expect_err(&name));
            assert!(python.contains("minsheng/4309"), "{name}: {python}");
            assert!(ours.contains("minsheng/4309"), "{name}: {ours}");
        }
    }
    let files = tiers::tell(&Story::default(), |_| {}).save(&place);
    assert_eq!(files.len(), 10);
    for file in files {
        let path = place.join(&file);
        let good = std::fs::read(&path).unwrap();
        for part in 1..5 {
            let mut forged = good.clone();
            flip(&mut forged, good.len() * part / 5);
            std::fs::write(&path, forged).unwrap();
            let (python, ours) = both(&place);
            assert!(python.is_err() && ours.is_err(), "{file}, {part}: {python:?} {ours:?}");
        }
        std::fs::write(&path, good).unwrap();
    }
    let (python, ours) = both(&place);
    assert!(python.is_ok() && ours.is_ok());
}
