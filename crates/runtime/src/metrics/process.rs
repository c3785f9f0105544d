//! `process_*`, read from `/proc` when Prometheus asks. Where a file cannot be read the series keeps its last value.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge};
use std::sync::Mutex;

/// Reads the process' own numbers.
pub(super) struct ProcessCollector {
    cpu: Counter,
    resident: Gauge,
    virtual_size: Gauge,
    open_files: Gauge,
    max_files: Gauge,
    start: Gauge,
    units: Units,
    // Two scrapes at once must not both add the same CPU time.
    scrape: Mutex<()>,
}

/// What the kernel counts in.
struct Units {
    ticks_per_second: f64,
    page_bytes: f64,
}

impl Units {
    /// Reads the kernel's own statement in the auxiliary vector; 100 Hz and 4 KiB where it cannot be read.
    fn read() -> Self {
        let mut units = Self { ticks_per_second: 100.0, page_bytes: 4096.0 };
        let vector = std::fs::read("/proc/self/auxv").unwrap_or_default();
        let word = size_of::<usize>();
        for entry in vector.chunks_exact(2 * word) {
            let (key, value) = entry.split_at(word);
            let number = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).unwrap_or_default();
            match number(key) {
                6 => units.page_bytes = number(value) as f64,
                17 => units.ticks_per_second = number(value) as f64,
                _ => {}
            }
        }
        units
    }
}

/// The fields of `/proc/self/stat` that matter.
struct Stat {
    cpu_ticks: f64,
    start_ticks: f64,
    virtual_bytes: f64,
    resident_pages: f64,
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The command's name is in parentheses and may hold anything; the fields after it are counted from 3.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| -> Option<f64> { fields.get(number - 3)?.parse().ok() };
    Some(Stat {
        cpu_ticks: field(14)? + field(15)?,
        start_ticks: field(22)?,
        virtual_bytes: field(23)?,
        resident_pages: field(24)?,
    })
}

/// The soft limit of open files.
fn parse_open_files_limit(text: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

fn boot_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

impl ProcessCollector {
    pub(super) fn new() -> Self {
        let gauge = |name: &str, help: &str| Gauge::new(name, help).expect("because the name is a literal");
        let units = Units::read();
        let start = gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.");
        let stat = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| parse_stat(&text));
        if let (Some(stat), Some(boot)) = (stat, boot_time()) {
            start.set(boot + stat.start_ticks / units.ticks_per_second);
        }
        let max_files = gauge("process_max_fds", "Maximum number of open file descriptors.");
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        if let Some(limit) = parse_open_files_limit(&limits) {
            max_files.set(limit);
        }
        Self {
            cpu: Counter::new("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
                .expect("because the name is a literal"),
            resident: gauge("process_resident_memory_bytes", "Resident memory size in bytes."),
            virtual_size: gauge("process_virtual_memory_bytes", "Virtual memory size in bytes."),
            open_files: gauge("process_open_fds", "Number of open file descriptors."),
            max_files,
            start,
            units,
            scrape: Mutex::new(()),
        }
    }

    fn collectors(&self) -> [&dyn Collector; 6] {
        [&self.cpu, &self.resident, &self.virtual_size, &self.open_files, &self.max_files, &self.start]
    }
}

impl Collector for ProcessCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.collectors().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _one_at_a_time = self.scrape.lock();
        if let Some(stat) = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| parse_stat(&text)) {
            let seconds = stat.cpu_ticks / self.units.ticks_per_second;
            self.cpu.inc_by((seconds - self.cpu.get()).max(0.0));
            self.resident.set(stat.resident_pages * self.units.page_bytes);
            self.virtual_size.set(stat.virtual_bytes);
        }
        if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
            self.open_files.set(entries.count() as f64);
        }
        self.collectors().into_iter().flat_map(Collector::collect).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_parentheses_does_not_shift_the_fields() {
        let text = "7 (a) b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 12345 1048576 256 18446744073709551615";
        let stat = parse_stat(text).unwrap();
        assert_eq!((stat.cpu_ticks, stat.start_ticks), (300.0, 12345.0));
        assert_eq!((stat.virtual_bytes, stat.resident_pages), (1_048_576.0, 256.0));
        assert!(parse_stat("7 (a) S 1").is_none());
    }

    #[test]
    fn the_soft_limit_is_read() {
        assert_eq!(parse_open_files_limit("Limit  Soft\nMax open files            1024   4096   files\n"), Some(1024.0));
        assert_eq!(parse_open_files_limit("Max open files  unlimited unlimited files"), None);
    }
}
