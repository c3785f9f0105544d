//! Reads what a controller shows at `/metrics` with a parser that is not ours.

use anyhow::{anyhow, ensure};
use nom_openmetrics::{MetricDescriptor, MetricType};
use std::collections::BTreeMap;

/// The samples of one reading, by name and labels.
#[derive(Debug)]
pub struct Metrics {
    samples: BTreeMap<(String, Labels), f64>,
}

type Labels = BTreeMap<String, String>;

/// What the samples of a histogram add to its name.
const PARTS_OF_A_HISTOGRAM: [&str; 3] = ["_bucket", "_sum", "_count"];

impl Metrics {
    /// Parses a text. Fails where it is not in Prometheus's format, where a sample is not of the family that it stands in or comes
    /// twice, and where a histogram's buckets do not add up.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let (_, families) =
            nom_openmetrics::parser::prometheus(text).map_err(|error| anyhow!("not Prometheus's format: {error}"))?;
        let mut samples = BTreeMap::new();
        for family in &families {
            let kind = family.descriptors.iter().find_map(|descriptor| match descriptor {
                MetricDescriptor::Type { metric, r#type } => Some((*metric, r#type)),
                _ => None,
            });
            let first = family.samples.first().map(nom_openmetrics::Sample::name).unwrap_or_default();
            let (name, kind) = kind.ok_or_else(|| anyhow!("{first} has no type"))?;
            for sample in &family.samples {
                let part = sample.name().strip_prefix(name);
                let belongs = match kind {
                    MetricType::Histogram => part.is_some_and(|part| PARTS_OF_A_HISTOGRAM.contains(&part)),
                    _ => part == Some(""),
                };
                ensure!(belongs, "{} stands among the samples of {name}", sample.name());
                let labels = sample.labels().iter().map(|label| (label.name.to_owned(), label.value.clone())).collect();
                let before = samples.insert((sample.name().to_owned(), labels), sample.number());
                ensure!(before.is_none(), "{} comes twice with the same labels", sample.name());
            }
        }
        let metrics = Self { samples };
        metrics.check_histograms()?;
        Ok(metrics)
    }

    /// The value of the sample with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }

    /// The upper bounds of a histogram's buckets, as they are written.
    pub fn bounds(&self, histogram: &str) -> Vec<&str> {
        let name = format!("{histogram}_bucket");
        let mut bounds = Vec::new();
        for ((_, labels), _) in self.samples.iter().filter(|((sample, _), _)| *sample == name) {
            let bound = labels.get("le").map(String::as_str).unwrap_or_default();
            if !bounds.contains(&bound) {
                bounds.push(bound);
            }
        }
        bounds
    }

    /// Each sample's name and the names of its labels.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.samples.keys().map(|(name, _)| &**name)
    }

    fn check_histograms(&self) -> anyhow::Result<()> {
        for ((name, labels), count) in &self.samples {
            let Some(histogram) = name.strip_suffix("_bucket").filter(|_| labels.get("le").is_some_and(|le| le == "+Inf")) else {
                continue;
            };
            let mut others = labels.clone();
            others.remove("le");
            let total = self.samples.get(&(format!("{histogram}_count"), others.clone()));
            ensure!(total == Some(count), "{histogram}: {total:?} observations, {count} in the last bucket");
            ensure!(self.samples.contains_key(&(format!("{histogram}_sum"), others)), "{histogram} has no sum");
        }
        Ok(())
    }
}
