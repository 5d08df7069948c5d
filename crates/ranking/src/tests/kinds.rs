//! Kinds of documents: what each is drafted on, how they are numbered, and the templates that they are drafted by.

use minsheng_kit::error::Reason;

use super::bulletins::{FAST, compose, compose_as, issue, published};
use super::{Filed, PROGRAMME, World, office, reason};
use crate::templates::TemplateFolder;

#[tokio::test]
async fn a_brief_shows_the_month_as_it_stands_and_only_what_moved_makes_a_further_one() {
    let mut world = World::with_june().await;
    let first = world.publish(&office(), "2023-06-X1", FAST).await.unwrap().snapshot.unwrap();
    assert_eq!(
        (first.name.as_str(), first.cut_off.as_str()),
        (&*format!("{PROGRAMME}/snapshots/2023-06-X1-1"), "2023-06-10")
    );
    assert!(first.lead_units.is_empty() && first.discipline.is_none() && first.articles.is_empty());
    assert_eq!(reason(compose(&world, &office(), &first.name, "2023-06-11", "c1").await), Reason::FieldInvalid);
    let draft = compose_as(&world, &office(), "ten_day", &first.name, "2023-06-11", "c2").await.unwrap();
    assert_eq!((draft.period.as_str(), draft.kind_title.as_str(), draft.brief), ("2023-06-X1", "旬简报", true));
    let issued = issue(&world, &draft).await;
    assert_eq!(issued.document_number, "第1期（总第1期）");

    // Nothing has moved by the second, then something has; the third is left to the monthly bulletin.
    let second = world.publish(&office(), "2023-06-X2", FAST).await.unwrap().snapshot.unwrap();
    assert_eq!(second.cut_off, "2023-06-20");
    let refused = compose_as(&world, &office(), "ten_day", &second.name, "2023-06-21", "c3").await;
    assert_eq!(reason(refused), Reason::BulletinState);
    let further = Filed { version: 2, ..Filed::new("3.1", "2023-06", &[("3.1-1", "100", "人")]) };
    let version = world.file(&further).await;
    world.pass(&version, &further.values).await;
    let second = world.publish(&office(), "2023-06-X2", FAST).await.unwrap().snapshot.unwrap();
    let draft = compose_as(&world, &office(), "ten_day", &second.name, "2023-06-21", "c4").await.unwrap();
    assert_eq!(draft.previous, issued.name);
    let third = world.publish(&office(), "2023-06-X3", FAST).await.unwrap().snapshot.unwrap();
    let refused = compose_as(&world, &office(), "ten_day", &third.name, "2023-07-01", "c5").await;
    assert_eq!(reason(refused), Reason::BulletinState);
    assert_eq!(reason(world.publish(&office(), "2023-Q2", FAST).await), Reason::PeriodInvalid);
}

#[tokio::test]
async fn a_quarter_is_made_of_its_months_and_the_tasks_of_the_programme_alone() {
    let (world, june) = published().await;
    let draft = compose_as(&world, &office(), "quarterly", &june, "2023-07-05", "c1").await.unwrap();
    assert_eq!(
        (draft.name.as_str(), draft.months.as_slice()),
        (&*format!("{PROGRAMME}/bulletins/2023-Q2-1"), &[june.clone()][..])
    );
    // Kinds with one 机关代字 share its numbers.
    let monthly = compose(&world, &office(), &june, "2023-07-02", "c2").await.unwrap();
    assert_eq!(issue(&world, &monthly).await.document_number, "安实办通报〔2023〕1号");
    assert_eq!(issue(&world, &draft).await.document_number, "安实办通报〔2023〕2号");

    let tasks = world.publish(&office(), "2023", FAST).await.unwrap().snapshot.unwrap();
    assert_eq!(tasks.name, format!("{PROGRAMME}/snapshots/2023-1"));
    assert!(tasks.indicators.iter().flat_map(|row| &row.measures).all(|measure| measure.fast.is_none()));
    let draft = compose_as(&world, &office(), "tasks", &tasks.name, "2023-03-01", "c3").await.unwrap();
    assert_eq!((draft.period.as_str(), draft.kind_title.as_str()), ("2023", "任务分解表"));
    assert_eq!(reason(compose_as(&world, &office(), "annual", &june, "2023-07-05", "c4").await), Reason::FieldInvalid);
    assert_eq!(reason(compose_as(&world, &office(), "none", &june, "2023-07-05", "c5").await), Reason::FieldInvalid);
}

#[tokio::test]
async fn what_was_drafted_stays_whatever_the_office_does_to_its_templates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("monthly.txt");
    let words = [("monthly".to_owned(), "安实办通报".to_owned())].into();
    let templates = TemplateFolder::new(folder.path(), words);
    let first = templates.template("monthly").await.unwrap();
    std::fs::write(&path, "{#\n文种：月报\n版式：公文\n依据：月\n#}\n标题：甲\n").unwrap();
    let second = templates.template("monthly").await.unwrap();
    assert_eq!((first.about.title.as_str(), second.about.title.as_str()), ("月通报", "月报"));
    assert_ne!(first.sha256, second.sha256);
    let own = "{#\n文种：督办函\n代字：安实办督\n版式：公文\n依据：月\n#}\n标题：甲\n";
    std::fs::write(folder.path().join("duban.txt"), own).unwrap();
    assert_eq!(templates.template("duban").await.unwrap().word, "安实办督");
    assert_eq!(reason(templates.template("tasks").await), Reason::TemplateInvalid);
    std::fs::write(&path, "{#\n文种：月报\n版式：信\n#}").unwrap();
    let broken = templates.template("monthly").await.unwrap_err();
    assert_eq!((broken.reason, broken.metadata["line"].as_str()), (Reason::TemplateInvalid, "3"));
    std::fs::write(&path, vec![b' '; (64 << 10) + 1]).unwrap();
    assert_eq!(templates.template("monthly").await.unwrap_err().reason, Reason::TemplateInvalid);
}
