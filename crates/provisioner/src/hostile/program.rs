//! This very program as an image: the executable, and the libraries and the loader it has mapped.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::image::{ImageReference, InvalidImage};
use sha2::{Digest as _, Sha256};

use crate::container::PlatformId;

const EXECUTABLE: &str = "/proc/self/exe";
/// Where everything stands in the image.
const PROGRAM: &str = "frescod";
const LIBRARIES: &str = "lib";

/// Why there is no image of this program.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("{} can't be read to make the probe's image", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Name(#[from] InvalidImage),
    #[error("the probe's image could not be made: {0}")]
    Task(String),
}

/// The program that runs.
#[derive(Clone, Debug)]
pub struct Program {
    /// The libraries, the loader among them; none if it is linked statically.
    libraries: Vec<PathBuf>,
    digest: String,
}

impl Program {
    /// Reads all of it once, which takes a moment.
    ///
    /// # Errors
    /// [`ProgramError::Io`].
    pub fn that_runs() -> Result<Self, ProgramError> {
        let maps = PathBuf::from("/proc/self/maps");
        let text = std::fs::read_to_string(&maps).map_err(|source| ProgramError::Io { path: maps, source })?;
        let executable = std::fs::read_link(EXECUTABLE).unwrap_or_default();
        let libraries: Vec<_> = mapped(&text).into_iter().filter(|path| *path != executable).collect();
        let mut hash = Sha256::new();
        for path in std::iter::once(Path::new(EXECUTABLE)).chain(libraries.iter().map(PathBuf::as_path)) {
            hash.update(read(path)?);
        }
        let digest = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { libraries, digest })
    }

    /// The image's name: another program, another name.
    ///
    /// # Errors
    /// Never for a platform's id; [`ProgramError::Name`] says what would be wrong.
    pub fn image(&self, platform: &PlatformId) -> Result<ImageReference, ProgramError> {
        Ok(ImageReference::parse(&format!("fresco-probe:{}-{}", platform.as_str(), self.digest))?)
    }

    /// How it is started in its image, by the loader if it has one.
    #[must_use]
    pub fn command(&self, argument: &str) -> Vec<String> {
        let program = format!("/{PROGRAM}");
        let loader = self.libraries.iter().find(|path| name(path).starts_with("ld"));
        let loader = loader.map(|path| {
            let folder = format!("/{LIBRARIES}");
            vec![format!("{folder}/{}", name(path)), "--library-path".to_owned(), folder]
        });
        loader.into_iter().flatten().chain([program, argument.to_owned()]).collect()
    }

    /// The image's files, as a tar archive.
    ///
    /// # Errors
    /// [`ProgramError::Io`].
    pub fn archive(&self) -> Result<Bytes, ProgramError> {
        let mut archive = tar::Builder::new(Vec::new());
        append(&mut archive, PROGRAM, Path::new(EXECUTABLE))?;
        for library in &self.libraries {
            for name in names(library) {
                append(&mut archive, &format!("{LIBRARIES}/{name}"), library)?;
            }
        }
        let done = archive.into_inner().map_err(|source| ProgramError::Io { path: EXECUTABLE.into(), source })?;
        Ok(done.into())
    }
}

/// The files that are mapped to be run, each once.
fn mapped(maps: &str) -> Vec<PathBuf> {
    let file = |line: &str| {
        let mut words = line.split_whitespace();
        let runs = words.nth(1)?.contains('x');
        // Address, rights, offset, device, inode; then the path.
        let path = words.nth(3)?;
        (runs && path.starts_with('/')).then(|| PathBuf::from(path))
    };
    let mut all: Vec<_> = maps.lines().filter_map(file).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A library's name and the links beside it that lead to it: a program asks for it by one of those.
fn names(library: &Path) -> Vec<String> {
    let own = name(library);
    let stem = own.split(".so").next().unwrap_or(&own).to_owned();
    let beside = library.parent().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let links = beside.filter(|entry| {
        let link = entry.file_name().to_string_lossy().starts_with(&stem);
        link && entry.path() != library && entry.path().canonicalize().is_ok_and(|target| target == library)
    });
    let mut all: Vec<_> = links.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    all.push(own);
    all
}

fn append(archive: &mut tar::Builder<Vec<u8>>, name: &str, path: &Path) -> Result<(), ProgramError> {
    let content = read(path)?;
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(content.len() as u64);
    let appended = archive.append_data(&mut header, name, content.as_slice());
    appended.map_err(|source| ProgramError::Io { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, ProgramError> {
    std::fs::read(path).map_err(|source| ProgramError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mapped_to_be_run_is_found_once() {
        let maps = "55d0-55d1 r--p 00000000 fe:00 1 /usr/bin/frescod\n55d1-55d2 r-xp 00001000 fe:00 1 /usr/bin/frescod\n\
                    7f00-7f01 r-xp 00000000 fe:00 2 /lib/libc.so.6\n7f01-7f02 r-xp 00000000 fe:00 2 /lib/libc.so.6\n\
                    7f03-7f04 r--p 00000000 fe:00 3 /usr/share/data\n7ffd-7ffe r-xp 00000000 00:00 0 [vdso]\n";
        assert_eq!(mapped(maps), [PathBuf::from("/lib/libc.so.6"), PathBuf::from("/usr/bin/frescod")]);
    }

    #[test]
    fn a_program_is_run_by_the_loader_it_has() {
        let program = |libraries: &[&str]| Program {
            libraries: libraries.iter().map(PathBuf::from).collect(),
            digest: "d".to_owned(),
        };
        assert_eq!(program(&[]).command("x"), ["/frescod", "x"]);
        let command = program(&["/lib/libc.so.6", "/lib/ld-linux-x86-64.so.2"]).command("x");
        assert_eq!(command, ["/lib/ld-linux-x86-64.so.2", "--library-path", "/lib", "/frescod", "x"]);
        let platform = PlatformId::parse("main").unwrap();
        assert_eq!(program(&[]).image(&platform).unwrap().to_string(), "fresco-probe:main-d");
    }
}
