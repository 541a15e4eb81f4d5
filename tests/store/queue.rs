//! The queue: campaigns, filters, pages.

use super::messages::{DAY, TIME, dangerous, mail, report};
use super::place::Database;
use tenpu::report::Report;
use tenpu::store::{Filter, NewMessage, Order, Page, Source, State, Store};
use tenpu::verdict::Verdict;

async fn subjects(store: &Store, filter: &Filter, order: Order, page: &Page) -> Vec<String> {
    let listing = store.queue(filter, order, page).await.unwrap();
    listing.rows.into_iter().map(|row| row.lead.subject).collect()
}

pub(crate) async fn campaigns(database: Database) {
    let store = database.open().await;
    let put = async |report: &Report, received, to: &str| {
        let to = [to.to_string()];
        store.put(&NewMessage { recipients: &to, ..mail(b"raw", report, received) }).await.unwrap()
    };
    let first = put(&dangerous("請求書 1", "11", "33"), TIME, "a@x.example").await;
    // The same attachment; then the same macro in another file; then only a name of the same pattern.
    put(&dangerous("Re: 別の件名です", "11", "44"), TIME + 60, "b@x.example").await;
    put(&dangerous("まったく違う件名", "55", "33"), TIME + 120, "a@x.example").await;
    let mut renamed = dangerous("知らない件名です", "66", "77");
    renamed.artifacts[2].name = "請求書 9999.xls".into();
    renamed.indicators.clear();
    put(&renamed, TIME + 180, "c@y.example").await;
    // Nothing in common, and the same attachment after more than two weeks.
    let mut other = dangerous("会議のお知らせ", "88", "99");
    other.artifacts[2].name = "議事録.xls".into();
    other.indicators.clear();
    put(&other, TIME + 240, "a@x.example").await;
    put(&dangerous("請求書 1", "11", "33"), TIME + 20 * DAY, "a@x.example").await;
    // The same subject, but nothing was found in it.
    put(&report("請求書 1", Verdict::Clean, 0), TIME + 300, "a@x.example").await;
    let rows = store.queue(&Filter::default(), Order::Newest, &Page::default()).await.unwrap().rows;
    let counts: Vec<(i64, i64, i64)> =
        rows.iter().map(|row| (row.messages, row.waiting, row.people)).collect();
    assert_eq!(counts, [(1, 1, 2), (1, 0, 2), (1, 1, 2), (4, 4, 4)]);
    let row = &rows[3];
    assert_eq!((row.first, row.last, row.lead.subject.as_str()), (TIME, TIME + 180, "知らない件名です"));
    let campaign = row.lead.campaign;
    let got = store.who_got(campaign, "", 10).await.unwrap();
    let got: Vec<(&str, i64, i64)> =
        got.iter().map(|one| (one.address.as_str(), one.messages, one.received)).collect();
    let want = [
        ("a@x.example", 2, TIME + 120),
        ("b@x.example", 1, TIME + 60),
        ("c@y.example", 1, TIME + 180),
        ("tanaka@town.example", 4, TIME + 180),
    ];
    assert_eq!(got, want);
    assert_eq!(store.who_got(campaign, "b@x.example", 1).await.unwrap()[0].address, "c@y.example");
    let filter = Filter { campaign: Some(campaign), ..Filter::default() };
    assert_eq!(subjects(&store, &filter, Order::Newest, &Page::default()).await.len(), 4);
    store.set_state(&first, State::Decided).await.unwrap();
    let waiting = |rows: Vec<tenpu::store::Row>| rows.iter().map(|row| row.waiting).sum::<i64>();
    assert_eq!(
        waiting(store.queue(&Filter::default(), Order::Newest, &Page::default()).await.unwrap().rows),
        5
    );
    assert_eq!(store.set_campaign_state(campaign, State::Decided).await.unwrap().len(), 3);
    let counts = store.counts(TIME + 200).await.unwrap();
    assert_eq!((counts.waiting, counts.waiting_messages, counts.since), (2, 2, 3));
    let page = Page::default();
    assert_eq!(store.with_file(&"33".repeat(32), &page).await.unwrap().rows.len(), 3);
    assert_eq!(store.mails_to("B@X.example", &page).await.unwrap().rows.len(), 1);
    assert_eq!(store.with_rule("vba-autoexec-runs-command", &page).await.unwrap().rows.len(), 6);
    store.close().await;
}

/// Twenty-five messages, each a campaign of its own.
async fn fill(store: &Store) {
    for n in 0..25u8 {
        let verdict = [Verdict::Clean, Verdict::Unverified, Verdict::Suspicious, Verdict::Malicious]
            [usize::from(n % 4)];
        // Words without digits, so that no two are one campaign.
        let word = format!("件名{}です", char::from_u32(0x4e00 + u32::from(n)).unwrap());
        let report = report(&word, verdict, [0, 20, 40, 80][usize::from(n % 4)] + n % 3);
        let to = [format!("x@{}.example", if n % 5 == 0 { "five" } else { "other" })];
        let source = if n % 2 == 0 { Source::Upload } else { Source::Milter };
        let mail = NewMessage { source, recipients: &to, ..mail(b"raw", &report, TIME + i64::from(n / 2)) };
        store.put(&mail).await.unwrap();
    }
}

pub(crate) async fn pages(database: Database) {
    let store = database.open().await;
    fill(&store).await;
    for order in [Order::Newest, Order::Score] {
        let mut seen = Vec::new();
        let mut page = Page::first(7);
        let mut count = 0;
        loop {
            let listing = store.queue(&Filter::default(), order, &page).await.unwrap();
            seen.extend(listing.rows.iter().map(|row| (row.lead.score, row.lead.received, row.lead.number)));
            count += 1;
            let Some(next) = listing.next else { break };
            page.after = next;
        }
        assert_eq!((seen.len(), count), (25, 4));
        let mut ordered = seen.clone();
        match order {
            Order::Newest => ordered.sort_by_key(|(_, time, number)| std::cmp::Reverse((*time, *number))),
            Order::Score => ordered.sort_by_key(|key| std::cmp::Reverse(*key)),
        }
        assert_eq!(seen, ordered);
    }
    filters(&store).await;
    store.close().await;
}

async fn filters(store: &Store) {
    let rows = [
        (Filter { verdicts: vec![Verdict::Malicious, Verdict::Suspicious], ..Filter::default() }, 12),
        (Filter { only_open: true, ..Filter::default() }, 18),
        (Filter { source: Some(Source::Upload), ..Filter::default() }, 13),
        (Filter { source: Some(Source::Upload), only_open: true, ..Filter::default() }, 6),
        (Filter { recipient_domain: "FIVE.example".into(), ..Filter::default() }, 5),
        (Filter { since: Some(TIME + 3), until: Some(TIME + 6), ..Filter::default() }, 6),
        (
            Filter {
                since: Some(TIME),
                source: Some(Source::Milter),
                recipient_domain: "other.example".into(),
                verdicts: vec![Verdict::Malicious],
                only_open: true,
                ..Filter::default()
            },
            5,
        ),
        (Filter { until: Some(TIME), ..Filter::default() }, 0),
    ];
    for (filter, want) in rows {
        assert_eq!(subjects(store, &filter, Order::Newest, &Page::default()).await.len(), want, "{filter:?}");
    }
    let row = store.queue(&Filter::default(), Order::Newest, &Page::first(1)).await.unwrap().rows.remove(0);
    let filter = Filter {
        campaign: Some(row.lead.campaign),
        source: Some(Source::Upload),
        recipient_domain: "other.example".into(),
        ..Filter::default()
    };
    assert_eq!(subjects(store, &filter, Order::Score, &Page::default()).await, [row.lead.subject.as_str()]);
}
