//! Days off and the deadlines that move with them.

use minsheng_kit::error::Reason;
use minsheng_proto::catalogue::v1::{Calendar, GetCalendarRequest, ListDeadlinesRequest, UpdateCalendarRequest};

use crate::house::{ANHUA, House, office, refused, viewer};

fn of_2023() -> Calendar {
    let days = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Calendar {
        name: "calendars/2023".into(),
        days_off: days(&["2023-06-22", "2023-06-23", "2023-06-24", "2023-09-29", "2023-09-30"]),
        working_days: days(&["2023-06-25", "2023-10-07", "2023-10-08"]),
        source: "国务院办公厅关于2023年部分节假日安排的通知".into(),
        etag: String::new(),
    }
}

#[tokio::test]
async fn deadlines_move_with_the_days_off() {
    let (house, _) = House::issued().await;
    let mut calendar = of_2023();
    // 20 July is a Thursday: given off here to see a deadline move by the calendar alone.
    calendar.days_off.push("2023-07-20".into());
    let request = UpdateCalendarRequest { calendar: Some(calendar), request_id: "a".into() };
    house.calendars(office()).update_calendar(request).await.unwrap();
    let request = ListDeadlinesRequest { programme: ANHUA.into() };
    let deadlines = house.calendars(viewer()).list_deadlines(request).await.unwrap().into_inner().deadlines;
    let dates: Vec<(&str, &str, &str, &str)> = deadlines
        .iter()
        .map(|one| (one.period.as_str(), one.due_date.as_str(), one.cut_off.as_str(), one.from.as_str()))
        .collect();
    assert_eq!(
        dates,
        [
            ("2023-06", "2023-06-20", "2023-06-20", "2023-05-21"),
            ("2023-07", "2023-07-21", "2023-07-20", "2023-06-21"),
            ("2023-08", "2023-08-21", "2023-08-20", "2023-07-21"),
            ("2023-09", "2023-09-20", "2023-09-20", "2023-08-21"),
            ("2023-10", "2023-10-20", "2023-10-20", "2023-09-21"),
            ("2023-11", "2023-11-20", "2023-11-20", "2023-10-21"),
            ("2023-12", "2024-01-22", "2023-12-31", "2023-11-21"),
        ]
    );
    let due = deadlines[0].due_before.unwrap();
    assert_eq!(due.seconds, minsheng_testkit::moment("2023-06-21T00:00:00+08:00").as_second());
}

#[tokio::test]
async fn a_calendar_is_set_by_who_saw_the_last_one() {
    let house = House::empty().await;
    let set = |calendar: Calendar, id: &str| UpdateCalendarRequest { calendar: Some(calendar), request_id: id.into() };
    let mut calendars = house.calendars(office());
    let get = GetCalendarRequest { name: "calendars/2023".into() };
    let plain = calendars.get_calendar(get.clone()).await.unwrap().into_inner().calendar.unwrap();
    assert_eq!((plain.days_off.len(), plain.etag.as_str()), (0, ""));
    let answer = calendars.update_calendar(set(of_2023(), "a")).await.unwrap().into_inner();
    assert!(answer.receipt.is_some());
    let saved = answer.calendar.unwrap();
    assert_eq!(calendars.get_calendar(get).await.unwrap().into_inner().calendar.unwrap(), saved);
    assert_eq!(refused(calendars.update_calendar(set(of_2023(), "b")).await).0, Reason::EtagMismatch);
    calendars.update_calendar(set(saved, "c")).await.unwrap();

    let spoilt = |change: fn(&mut Calendar)| {
        let mut calendar = Calendar { name: "calendars/2024".into(), ..Calendar::default() };
        change(&mut calendar);
        calendar
    };
    let cases: [(Calendar, Reason, &str); 6] = [
        (spoilt(|c| c.days_off = vec!["2024-13-01".into()]), Reason::CalendarInvalid, "calendar.days_off[0]"),
        (spoilt(|c| c.days_off = vec!["2023-10-01".into()]), Reason::CalendarInvalid, "calendar.days_off[0]"),
        (spoilt(|c| c.days_off = vec!["2024-10-01".into(); 2]), Reason::CalendarInvalid, "calendar.days_off[1]"),
        (spoilt(|c| c.working_days = vec!["2024-10-08".into()]), Reason::CalendarInvalid, "calendar.working_days[0]"),
        (
            spoilt(|c| {
                c.days_off = vec!["2024-10-12".into()];
                c.working_days = vec!["2024-10-12".into()];
            }),
            Reason::CalendarInvalid,
            "calendar.working_days[0]",
        ),
        (spoilt(|c| c.name = "calendars/24".into()), Reason::FieldInvalid, "calendar.name"),
    ];
    for (number, (calendar, reason, field)) in cases.into_iter().enumerate() {
        let answer = calendars.update_calendar(set(calendar, &format!("bad-{number}"))).await;
        assert_eq!(refused(answer), (reason, vec![field.to_owned()]));
    }
    let request = set(Calendar { name: "calendars/2024".into(), ..Calendar::default() }, "x");
    assert_eq!(refused(house.calendars(viewer()).update_calendar(request).await).0, Reason::NotAllowed);
}
