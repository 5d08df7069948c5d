//! The whole demonstration as a user runs it: three tiers as processes, the county cut off and back, the same figures at all
//! of them with their proofs; the line is cut and joined by hand, and nothing is left when it is stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use minsheng_tests::process::binary;

/// Lines up to the first that holds the words.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, words: &str) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("{words} does not come: {}", seen.join("\n"))).unwrap();
        seen.push(line);
        if seen.last().unwrap().contains(words) {
            return seen;
        }
    }
}

#[test]
fn three_tiers_show_the_same_figures_and_all_of_them_end() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    let mut demo = Command::new(binary())
        .args(["demo", "--seed", "7", "--folder"])
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let played = until(&mut lines, "三级继续服务中");
    let text = played.join("\n");

    for words in [
        "核对发现46条",
        "县级收到益阳市下达的任务20项（依据益办发电〔2023〕22号），修订为第3版后20项有了回答；对照上级任务再核对，发现0条。",
        "线路断了",
        "断线期间：县里28组数据等着报市，市里安化县0份",
        "不缺不重",
        "个计量项三级一致",
        "4条存证的叶哈希、包含证明和签名都在本机验证通过。",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    for period in ["2023-06", "2023-07", "2023-08", "2023-09"] {
        for code in ["430900", "430000"] {
            let standing =
                format!("{period}下级排名（依据认定数，programmes/{code}-2023/snapshots/{period}-1）【演示数据】");
            let at =
                played.iter().position(|line| line.contains(&standing)).unwrap_or_else(|| panic!("{standing}\n{text}"));
            let rows = &played[at + 2..at + 5];
            assert!(rows.iter().all(|row| row.trim_start().starts_with(['1', '2', '3'])), "{rows:?}");
            assert_eq!(rows.iter().filter(|row| row.contains("（演示数据）")).count(), 2, "{rows:?}");
        }
        assert!(folder.join(format!("430923/issued/{period}-1.html")).is_file());
    }
    for division in ["430000", "430900", "430923"] {
        assert!(folder.join(division).join("accounts.txt").is_file());
        assert!(folder.join(division).join("issued/2023-09-1.html").is_file());
    }

    let mut keys = demo.stdin.take().unwrap();
    for words in ["线路已切断", "线路已接通"] {
        keys.write_all(b"\n").unwrap();
        until(&mut lines, words);
    }
    let processes = played.iter().filter_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        cells.get(3).filter(|cell| cell.starts_with("https://127.0.0.1:"))?;
        cells[2].parse::<u32>().ok()
    });
    let processes: Vec<u32> = processes.collect();
    assert_eq!(processes.len(), 7, "{text}");
    let is_there = |process: &u32| Path::new("/proc").join(process.to_string()).exists();
    assert_eq!(processes.iter().filter(|process| is_there(process)).count(), 3, "the invented tiers have ended");
    rustix::process::kill_process(rustix::process::Pid::from_child(&demo), rustix::process::Signal::TERM).unwrap();
    assert!(demo.wait().unwrap().success());
    assert!(!processes.iter().any(is_there), "{processes:?}");
}
