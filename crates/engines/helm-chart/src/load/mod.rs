//! From files to a chart.

mod archive;
mod directory;
mod file_match;
mod ignore;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use file_tree::ReadError;

use crate::chart::Chart;
use crate::decode::DecodeError;
use crate::file::File;
use crate::metadata::{Lock, Metadata, ValidationError};
use crate::values::{ReadValuesError, Values, read_values};
pub use archive::ArchiveError;
pub use directory::load_directory;
pub use file_match::match_file_name;
pub use ignore::IgnoreError;

/// How much a chart may hold. Each number is the most that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files of a directory, or of one decompressed archive: Helm's 100 MiB.
    pub bytes: u64,
    /// Bytes of all archives within each other together.
    pub nested_bytes: u64,
    /// Files of one archive or directory.
    pub files: usize,
    /// Charts within each other.
    pub depth: usize,
    /// Charts in all.
    pub charts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 100 << 20, nested_bytes: 512 << 20, files: 100_000, depth: 64, charts: 10_000 }
    }
}

/// Why a chart cannot be loaded; worded as Helm where Helm refuses the same.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file of the directory cannot be read.
    #[error("error reading {path}")]
    Read {
        /// The file.
        path: String,
        /// What the tree says.
        source: ReadError,
    },
    /// An archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// `.helmignore` holds a rule that is none.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// The files are larger than they may be.
    #[error("error reading {path}: chart exceeds maximum decompressed size of {limit} bytes")]
    TooLarge {
        /// The file with which the bound is exceeded.
        path: String,
        /// The bound.
        limit: u64,
    },
    /// There are more files than there may be.
    #[error("chart has more than {0} files")]
    TooManyFiles(usize),
    /// Charts are within each other deeper than they may be.
    #[error("charts are nested deeper than {0}")]
    TooDeep(usize),
    /// There are more charts than there may be.
    #[error("chart holds more than {0} charts")]
    TooManyCharts(usize),
    /// There is no `Chart.yaml`.
    #[error("Chart.yaml file is missing")]
    NoChartFile,
    /// One of the files that are not templates cannot be understood.
    #[error("cannot load {file}")]
    File {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The default values cannot be understood.
    #[error("cannot load values.yaml")]
    Values(#[source] ReadValuesError),
    /// The metadata are refused.
    #[error(transparent)]
    Validation(#[from] ValidationError),
    /// A chart in `charts/` cannot be loaded.
    #[error("error unpacking subchart {name} in {parent}")]
    Subchart {
        /// Its file or folder.
        name: String,
        /// The chart that holds it.
        parent: String,
        /// What is wrong with it.
        source: Box<Self>,
    },
    /// A folder in `charts/` has the name of an archive.
    #[error("error unpacking subchart tar in {parent}: expected {name}, got {file}")]
    SubchartArchive {
        /// The folder.
        name: String,
        /// The chart that holds it.
        parent: String,
        /// A file in the folder.
        file: String,
    },
}

/// Loads a chart from an archive, as `helm package` makes them.
///
/// # Errors
/// [`LoadError`], for the first thing that is wrong.
pub fn load_archive(archive: &[u8], limits: &Limits) -> Result<Chart, LoadError> {
    let mut session = Session { limits, nested_bytes_left: limits.nested_bytes, charts_left: limits.charts };
    session.load_archive(archive, 0)
}

/// Loads a chart from files. Their names are paths below the root of the chart.
///
/// # Errors
/// [`LoadError`], for the first thing that is wrong.
pub fn load_files(files: impl IntoIterator<Item = (String, Bytes)>, limits: &Limits) -> Result<Chart, LoadError> {
    let mut session = Session { limits, nested_bytes_left: limits.nested_bytes, charts_left: limits.charts };
    session.load(files.into_iter().map(|(name, data)| File::new(name, data)).collect(), 0)
}

/// One loading of a chart and of all in it.
struct Session<'l> {
    limits: &'l Limits,
    nested_bytes_left: u64,
    charts_left: usize,
}

/// What the files of a chart are, before `charts/` is looked into.
#[derive(Default)]
struct Parts {
    metadata: Option<Metadata>,
    lock: Option<Lock>,
    templates: Vec<File>,
    files: Vec<File>,
    values: Option<Values>,
    values_file: Option<Bytes>,
    schema: Option<Bytes>,
    /// By the first component below `charts/`; names of files begin with it.
    subcharts: BTreeMap<String, Vec<File>>,
}

impl Session<'_> {
    fn load_archive(&mut self, archive: &[u8], depth: usize) -> Result<Chart, LoadError> {
        let files = archive::read(archive, self.limits, &mut self.nested_bytes_left)?;
        self.load(files, depth)
    }

    fn load(&mut self, files: Vec<File>, depth: usize) -> Result<Chart, LoadError> {
        if depth > self.limits.depth {
            return Err(LoadError::TooDeep(self.limits.depth));
        }
        self.charts_left = self.charts_left.checked_sub(1).ok_or(LoadError::TooManyCharts(self.limits.charts))?;
        let mut parts = Parts::default();
        for file in files.iter().filter(|file| file.name == "Chart.yaml") {
            parts.read_chart_file(file)?;
        }
        for file in files {
            parts.add(file)?;
        }
        let Some(mut metadata) = parts.metadata else { return Err(LoadError::NoChartFile) };
        metadata.validate()?;
        let mut dependencies = Vec::new();
        for (name, files) in parts.subcharts {
            if !name.starts_with(['_', '.']) {
                dependencies.push(Arc::new(self.subchart(&name, files, &metadata.name, depth + 1)?));
            }
        }
        Ok(Chart {
            metadata,
            lock: parts.lock,
            templates: parts.templates,
            files: parts.files,
            values: Arc::new(parts.values.unwrap_or_default()),
            values_file: parts.values_file,
            schema: parts.schema,
            dependencies,
        })
    }

    fn subchart(&mut self, name: &str, files: Vec<File>, parent: &str, depth: usize) -> Result<Chart, LoadError> {
        let result = match files.first() {
            Some(file) if name.ends_with(".tgz") => {
                if file.name != name {
                    let (name, parent, file) = (name.to_owned(), parent.to_owned(), file.name.clone());
                    return Err(LoadError::SubchartArchive { name, parent, file });
                }
                self.load_archive(&file.data, depth)
            }
            _ => {
                let below = |mut file: File| {
                    let (_, rest) = file.name.split_once('/')?;
                    file.name = rest.to_owned();
                    Some(file)
                };
                self.load(files.into_iter().filter_map(below).collect(), depth)
            }
        };
        result.map_err(|source| LoadError::Subchart {
            name: name.to_owned(),
            parent: parent.to_owned(),
            source: Box::new(source),
        })
    }
}

fn refused(file: &'static str) -> impl FnOnce(DecodeError) -> LoadError {
    move |source| match source {
        DecodeError::NullNode(list) => ValidationError::NullNode(list).into(),
        source => LoadError::File { file, source },
    }
}

impl Parts {
    /// Reads `Chart.yaml`, which decides what other files mean.
    fn read_chart_file(&mut self, file: &File) -> Result<(), LoadError> {
        let metadata = self.metadata.get_or_insert_default();
        metadata.read_over(&file.data).map_err(refused("Chart.yaml"))?;
        if metadata.api_version.is_empty() {
            "v1".clone_into(&mut metadata.api_version);
        }
        Ok(())
    }

    fn add(&mut self, file: File) -> Result<(), LoadError> {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => self.lock = Lock::read(&file.data).map_err(refused("Chart.lock"))?,
            "values.yaml" => {
                self.values = Some(read_values(&file.data).map_err(LoadError::Values)?);
                self.values_file = Some(file.data);
            }
            "values.schema.json" => self.schema = Some(file.data),
            "requirements.yaml" => {
                let metadata = self.metadata.get_or_insert_default();
                metadata.read_over(&file.data).map_err(refused("requirements.yaml"))?;
                self.keep_for_version_1(file);
            }
            "requirements.lock" => {
                self.lock = Lock::read(&file.data).map_err(refused("requirements.lock"))?;
                self.metadata.get_or_insert_default();
                self.keep_for_version_1(file);
            }
            name if name.starts_with("templates/") => self.templates.push(file),
            name => match name.strip_prefix("charts/") {
                Some(below) if !below.ends_with(".prov") => {
                    let chart = below.split('/').next().unwrap_or(below).to_owned();
                    let file = File { name: below.to_owned(), data: file.data };
                    self.subcharts.entry(chart).or_default().push(file);
                }
                _ => self.files.push(file),
            },
        }
        Ok(())
    }

    /// Files of the first format of charts are visible to the templates there.
    fn keep_for_version_1(&mut self, file: File) {
        if self.metadata.as_ref().is_some_and(|metadata| metadata.api_version == "v1") {
            self.files.push(file);
        }
    }
}
