//! Handles: what was sealed opens as what it is, within Telegram's 64 bytes, and nothing else
//! opens at all. The first nineteen bytes are a handle to seal, the rest is a text to open.
#![no_main]

use libfuzzer_sys::fuzz_target;
use signoff_contract::RequestId;
use signoff_core::{Handle, HandleKey, HandleKeys, Meaning};

fuzz_target!(|data: &[u8]| {
    let keys = HandleKeys::new(HandleKey::new(2, [7; 32]), vec![HandleKey::new(1, [8; 32])]);
    let older = HandleKeys::new(HandleKey::new(1, [8; 32]), Vec::new());
    let stranger = HandleKeys::new(HandleKey::new(2, [9; 32]), Vec::new());
    let whole = String::from_utf8_lossy(data);
    assert!(keys.open(&whole).is_ok_and(|handle| keys.seal(handle) == whole || older.seal(handle) == whole)
        || keys.open(&whole).is_err());
    let Some((head, rest)) = data.split_at_checked(19) else { return };
    let mut request = [0; 16];
    request.copy_from_slice(&head[..16]);
    let meaning = match head[17] % 7 {
        0 => Meaning::Approve,
        1 => Meaning::Deny,
        2 => Meaning::DenyWithReason,
        3 => Meaning::CustomAnswer,
        4 => Meaning::Decline,
        5 => Meaning::Show,
        _ => Meaning::Option(head[18] % 5),
    };
    let handle = Handle { request: RequestId::from_bytes(request), prompt: head[16], meaning };
    for sealer in [&keys, &older] {
        let sealed = sealer.seal(handle);
        assert!(sealed.len() <= 64 && sealed.is_ascii());
        assert_eq!(keys.open(&sealed).expect("ours"), handle);
        assert!(stranger.open(&sealed).is_err());
        // A byte changed anywhere, and what else the fuzzer thinks of.
        let mut changed = sealed.clone().into_bytes();
        for pair in rest.chunks_exact(2) {
            let at = usize::from(pair[0]) % changed.len();
            changed[at] = pair[1];
            let Ok(text) = std::str::from_utf8(&changed) else { continue };
            assert!(text == sealed || keys.open(text).is_err(), "{text} opens");
        }
        assert!(keys.open(&format!("{sealed}{}", String::from_utf8_lossy(rest))).is_err() || rest.is_empty());
    }
});
