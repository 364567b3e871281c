#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    pakn_bridge_fuzz::xml_record(input);
});
