#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    asylia_fuzz::site(bytes);
});
