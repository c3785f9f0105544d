//! What a process costs, as Linux counts it in `/proc`.

use std::io::{Error, ErrorKind};

/// Linux reports processor time to programs in hundredths of a second on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time and memory of one process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Seconds of processor time so far, user and system together.
    pub cpu_seconds: f64,
    /// Resident memory now, in bytes.
    pub resident: u64,
    /// The most resident memory so far, in bytes.
    pub peak: u64,
}

impl Usage {
    /// Reads the figures of a live process.
    pub fn of(id: u32) -> std::io::Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let bytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or_else(malformed)?;
            let kibibytes = line.trim_start_matches(':').split_whitespace().next().and_then(|text| text.parse::<u64>().ok());
            Ok::<u64, Error>(kibibytes.ok_or_else(malformed)? * 1024)
        };
        let cpu_seconds = seconds(&format!("/proc/{id}/stat"), [11, 12])?;
        Ok(Self { cpu_seconds, resident: bytes("VmRSS")?, peak: bytes("VmHWM")? })
    }
}

/// Lets the peak of a live process begin anew with what is resident now.
pub fn forget_peak(id: u32) -> std::io::Result<()> {
    // proc(5): 5 resets the high water mark of resident memory.
    std::fs::write(format!("/proc/{id}/clear_refs"), "5")
}

/// Seconds of processor time of this process's children that have ended and been waited for.
pub fn ended_children_cpu_seconds() -> std::io::Result<f64> {
    seconds("/proc/self/stat", [13, 14])
}

/// The sum of two fields of a `stat` file, which count ticks.
fn seconds(file: &str, fields: [usize; 2]) -> std::io::Result<f64> {
    let stat = std::fs::read_to_string(file)?;
    // The second field is the program's name in parentheses, which may hold anything; what follows is fixed.
    let all: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| all.get(index).and_then(|field| field.parse::<f64>().ok()).ok_or_else(malformed);
    Ok((ticks(fields[0])? + ticks(fields[1])?) / TICKS_PER_SECOND)
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "unexpected format")
}
