#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    asylia_fuzz::key_bundle(bytes);
});
