//! tmp
use signoff_core::Masker;
use std::time::Instant;
fn main() {
    let body = br#"{"correlation_id":"run-42:deploy-billing","kind":"approval","title":"Deploy billing-api 1.2.3 to production","justification":"Fixes the double charge reported this morning.","risk_assessment":"API restarts, about 20 s of 502s.","risk":"high","action":{"tool":"k8s.deploy","arguments":{"namespace":"prod","image":"registry/billing:1.2.3","replicas":3,"strategy":{"type":"RollingUpdate","maxSurge":"25%"},"env":[{"name":"LOG_LEVEL","value":"debug"}]}},"requester":{"agent":"deploy-bot","run_id":"42","run_label":"run:dev","runtime_mode":"full-env"},"links":[{"label":"PR #42","url":"https://git.example.org/pull/42"}],"callback":{"url":"https://control-plane.example.org/hooks/signoff"}}"#;
    let s = signoff_contract::submission::parse(body).unwrap();
    let sub = s.submission;
    for (what, m) in [("builtin", Masker::default()), ("own", Masker::new(&["*foo*".into(), "bar_baz".into()], &["ACME-[0-9]{12}".into()]).unwrap())] {
        let mut cur = m.submission(sub.clone()).submission;
        let n = 100_000;
        let t = Instant::now();
        for _ in 0..n { cur = m.submission(cur).submission; }
        println!("{what}: {:?} per submission", t.elapsed() / n);
        let a = sub.action.clone().unwrap();
        let t = Instant::now();
        for _ in 0..n { std::hint::black_box(signoff_contract::Digest::of_action(&a.tool, &a.arguments)); }
        println!("digest {:?}", t.elapsed() / n);
        let big = "some longer text: with words, a=b and more; path/to-file --flag value ".repeat(60);
        let t = Instant::now();
        for _ in 0..10_000 { std::hint::black_box(m.text(&big)); }
        println!("text of {} bytes: {:?}", big.len(), t.elapsed() / 10_000);
    }
}
