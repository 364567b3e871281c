//! The fuzz targets, a bounded number of inputs each: real documents and mapping files, cut, doubled, crossed and spiked
//! with what breaks careless readers. Deterministic; a failing input is named and kept. Longer: `FUZZ_INPUTS=1000000
//! cargo nextest run --release --test fuzz`, or libFuzzer itself (`fuzz/`).
//!
//! A binary of its own, because its allocator counts: no input may take more memory or time than its length allows.

#[cfg(test)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[cfg(test)]
mod mutate;

#[cfg(test)]
mod bounded {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use peak_alloc::PeakAlloc;
    use rustix::time::{ClockId, clock_gettime};

    use crate::mutate::{Manner, Mutator, documents};
    use crate::targets::{SHIPPED, examples, json_record, mapping_text, round_trip, xml_record};

    #[global_allocator]
    static HEAP: PeakAlloc = PeakAlloc;

    /// The heap is one for all tests of a process.
    static ALONE: Mutex<()> = Mutex::new(());

    /// Memory that any input may take, bytes.
    const BASE: usize = 8 * 1024 * 1024;
    /// Memory that each byte of an input may take besides: a tree is larger than its text.
    const PER_BYTE: usize = 256;

    /// Time of the processor that any input may take, and that each of its bytes may take besides: a mapping's laws and
    /// examples are tried too, and a build for tests is slow.
    const TIME: Duration = Duration::from_secs(5);
    const TIME_PER_BYTE: Duration = Duration::from_micros(100);

    /// Time that this thread had of the processor, however busy the machine is.
    fn time() -> Duration {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap())
    }

    /// How many inputs: the variable FUZZ_INPUTS, or so many.
    fn inputs(bounded: u64) -> u64 {
        std::env::var("FUZZ_INPUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(bounded)
    }

    fn run(
        name: &str,
        target: fn(&[u8]) -> bool,
        seeds: Vec<Vec<u8>>,
        (spikes, manner): (&'static [&'static str], Manner),
        bounded: u64,
    ) {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        // Also makes what is made once before anything is counted.
        assert!(seeds.iter().any(|seed| target(seed)), "{name}: no text is taken as it is");
        let mut taken_in = 0;
        let mutator = Mutator::new(seeds, spikes, manner);
        for number in 0..inputs(bounded) {
            let input = mutator.input(number);
            let before = HEAP.current_usage();
            HEAP.reset_peak_usage();
            let began = time();
            let ended = catch_unwind(AssertUnwindSafe(|| target(&input)));
            let took = HEAP.peak_usage().saturating_sub(before);
            let lasted = time().saturating_sub(began);
            let allowed = BASE + PER_BYTE * input.len();
            let is_slow = lasted > TIME + TIME_PER_BYTE * u32::try_from(input.len()).unwrap();
            taken_in += u64::from(matches!(ended, Ok(true)));
            if ended.is_err() || took > allowed || is_slow {
                let kept = std::env::temp_dir().join(format!("{name}-{number}"));
                std::fs::write(&kept, &input).unwrap();
                let kept = kept.display();
                panic!("{name}: input {number}, kept as {kept}: took {took} bytes of {allowed}, and {lasted:?}");
            }
        }
        // Inputs that are all refused at their first byte try nothing; so do inputs that nothing is wrong with.
        let all = inputs(bounded);
        assert!(taken_in * 50 > all && taken_in * 10 < all * 9, "{name}: {taken_in} of {all} inputs were taken");
    }

    #[test]
    fn mapping_texts_are_taken_or_refused_with_a_place() {
        let seeds = SHIPPED.iter().map(|(_, text)| text.as_bytes().to_vec()).collect();
        run("mapping_text", mapping_text, seeds, (crate::mutate::TOML, Manner::Rough), 500);
    }

    #[test]
    fn json_records_are_read_or_refused() {
        run(
            "json_record",
            json_record,
            documents(|text| !text.starts_with('<')),
            (crate::mutate::JSON, Manner::Rough),
            10_000,
        );
    }

    #[test]
    fn xml_records_are_read_or_refused() {
        run(
            "xml_record",
            xml_record,
            documents(|text| text.starts_with('<')),
            (crate::mutate::XML, Manner::Rough),
            10_000,
        );
    }

    #[test]
    fn what_a_record_shows_is_spelled_and_understood_again_as_itself() {
        run("round_trip", round_trip, examples(), (crate::mutate::VALUES, Manner::Gentle), 10_000);
    }
}
