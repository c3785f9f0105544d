//! Archives that are put where sources fetch them: charts, layers of artifacts.

use flate2::write::GzEncoder;

/// A tar.gz of these files.
pub fn of(files: &[(&str, &str)]) -> anyhow::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, text.as_bytes())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// The archive of a chart with a template that prints the value `colour`.
pub fn chart(name: &str, version: &str) -> anyhow::Result<Vec<u8>> {
    let path = |file: &str| format!("{name}/{file}");
    of(&[
        (&path("Chart.yaml"), &format!("apiVersion: v2\nname: {name}\nversion: {version}\n")),
        (&path("values.yaml"), "colour: red\n"),
        (&path("blue.yaml"), "colour: blue\n"),
        (
            &path("templates/map.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {colour: {{ .Values.colour }}}\n",
        ),
    ])
}
