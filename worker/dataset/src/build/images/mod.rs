//! Folders of PNG and JPEG images.

mod classes;
mod decode;
mod jpeg;

pub use classes::{Class, ClassNames};

use super::csv::Csv;
use super::error::{BuildError, Fault};
use super::number::{append, append_pixels, parse};
use super::{Progress, Source, Step};
use crate::schema::{Column, Schema};
pub(super) use decode::{Failure, Form};
use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::{Component, Path, PathBuf};
use std::vec::IntoIter;

/// File with the labels, if there are no folders for the classes.
const LABELS: &str = "labels.csv";

/// The images of a folder.
///
/// The folder has either one folder for each class; or a file `labels.csv` with the columns `file` and
/// `label`. The label of a class is its position in a list of classes, or in the order of the names if there
/// is no list. Names that are numbers are ordered as numbers, and must be their positions.
///
/// An image has exactly the size and the channels of the input's shape, `[channels, height, width]` or
/// `[height, width]`, and at most 8 bits per channel. Values are row-major, channel by channel. They are
/// divided by 255 if the column is `f32`.
pub struct Images {
	folder: PathBuf,
	labels: Labels,
	classes: Vec<Class>,
	input: Column,
	target: Column,
	form: Form,
	/// Path of the image that was read last, relative to the folder.
	current: PathBuf,
	read: u64,
}

enum Labels {
	Classes {
		/// Labels and names of the classes that follow.
		classes: IntoIter<(u64, OsString)>,
		/// Folder of the class whose images follow.
		class: PathBuf,
		/// Label of the class.
		number: u64,
		/// Names of the images of the class that follow. Only one class's names are in memory.
		images: IntoIter<OsString>,
		/// Number of images of all classes.
		total: u64,
	},
	Listed {
		list: Csv,
		file: usize,
		label: usize,
	},
}

impl Labels {
	fn listed(file: &Path) -> Result<Self, BuildError> {
		let list = Csv::raw(file)?;
		let column = |name| {
			let missing =
				|| BuildError::unfit(file, format!("column '{name}' is missing; it needs file and label"));
			list.column(name).ok_or_else(missing)
		};
		let (file, label) = (column("file")?, column("label")?);
		Ok(Self::Listed { list, file, label })
	}

	fn classes(folder: &Path, list: Option<&ClassNames>) -> Result<(Self, Vec<Class>), BuildError> {
		let labelled = classes::label(folder, names(folder, |entry| entry.path().is_dir())?, list)?;
		let class = |(label, name): &(u64, OsString)| -> Result<Class, BuildError> {
			let images = images(&folder.join(name))?.len() as u64;
			Ok(Class { label: *label, name: name.to_string_lossy().into_owned(), images })
		};
		let classes = labelled.iter().map(class).collect::<Result<Vec<_>, _>>()?;
		let labels = Self::Classes {
			total: classes.iter().map(|class| class.images).sum(),
			classes: labelled.into_iter(),
			class: PathBuf::new(),
			number: 0,
			images: Vec::new().into_iter(),
		};
		Ok((labels, classes))
	}
}

impl Images {
	/// Opens a folder and counts its images. `list` gives the labels of the classes.
	///
	/// # Errors
	/// Fails if the folder holds other files than images, if a class is not in the list, if there is no list
	/// and a name is a number but not its position, or if the schema is not that of images.
	pub fn open(folder: &Path, schema: &Schema, list: Option<&ClassNames>) -> Result<Self, BuildError> {
		let unfit = |reason: String| BuildError::unfit(folder, reason);
		let [input, target] = schema.columns.as_slice() else {
			return Err(unfit("images make one input and one target".into()));
		};
		let form = Form::of(input).ok_or_else(|| {
			unfit(format!(
				"images need an input of the shape [channels, height, width] or [height, width], not {:?}",
				input.shape
			))
		})?;
		if target.values() != 1 {
			return Err(unfit(format!("images need one label each, not {:?}", target.shape)));
		}
		let listed = folder.join(LABELS);
		let (labels, classes) = match (listed.is_file(), list) {
			(true, None) => (Labels::listed(&listed)?, Vec::new()),
			(true, Some(_)) => {
				return Err(BuildError::unfit(
					&listed,
					"it has the labels; give no list of classes beside it",
				))
			}
			(false, list) => Labels::classes(folder, list)?,
		};
		Ok(Self {
			folder: folder.into(),
			labels,
			classes,
			input: input.clone(),
			target: target.clone(),
			form,
			current: PathBuf::new(),
			read: 0,
		})
	}

	/// Classes in the order of their labels; none if a file gives the labels.
	pub fn classes(&self) -> &[Class] {
		&self.classes
	}

	/// Moves to the next image and puts its label in `label`. Returns false at the end.
	fn next_image(&mut self, label: &mut Vec<u8>) -> Result<bool, BuildError> {
		match &mut self.labels {
			Labels::Classes { classes, class, number, images: following, .. } => {
				let image = loop {
					if let Some(image) = following.next() {
						break image;
					}
					let Some(next) = classes.next() else {
						return Ok(false);
					};
					*number = next.0;
					*class = next.1.into();
					*following = images(&self.folder.join(&class))?.into_iter();
				};
				self.current = class.join(image);
				append(&[*number], self.target.dtype, label).map_err(|value| BuildError::Record {
					position: self.current.display().to_string(),
					fault: Fault::Inexact {
						column: self.target.name.clone(),
						value,
						dtype: self.target.dtype,
					},
				})?;
			}
			Labels::Listed { list, file, label: column } => {
				if !list.next_row()? {
					return Ok(false);
				}
				let name = String::from_utf8_lossy(list.cell(*file)).into_owned();
				let path = Path::new(&name);
				let inside =
					path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
				if path.file_name().is_none() || !inside {
					return Err(BuildError::Record {
						position: list.position(),
						fault: Fault::Outside(name.escape_debug().to_string()),
					});
				}
				self.current = path.into();
				parse(list.cell(*column), self.target.dtype, label)
					.ok_or_else(|| list.not_a_number(*column, self.target.dtype))?;
			}
		}
		self.read += 1;
		Ok(true)
	}
}

impl Source for Images {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		let mut label = Vec::new();
		if !self.next_image(&mut label)? {
			return Ok(Step::End);
		}
		let path = self.folder.join(&self.current);
		let pixels = self.form.read(&path).map_err(|failure| match failure {
			Failure::Io(error) => BuildError::io(&path, error),
			Failure::Fault(fault) => BuildError::Record { position: self.position(), fault },
		})?;
		record.clear();
		append_pixels(&pixels, self.input.dtype, record);
		record.extend(label);
		Ok(Step::Add)
	}

	fn position(&self) -> String {
		let image = self.folder.join(&self.current).display().to_string();
		match &self.labels {
			Labels::Classes { .. } => image,
			Labels::Listed { list, .. } => format!("{image}, {}", list.position()),
		}
	}

	fn progress(&self) -> Progress {
		match &self.labels {
			Labels::Classes { total, .. } => Progress { done: self.read, total: *total },
			Labels::Listed { list, .. } => list.progress(),
		}
	}

	fn records(&self) -> Option<u64> {
		match &self.labels {
			Labels::Classes { total, .. } => Some(*total),
			Labels::Listed { .. } => None,
		}
	}
}

/// Reads one image as the canonical bytes of a column, whose shape its size and channels have to be.
///
/// # Errors
/// Fails if the column is not of images, or the file holds no image of its form.
pub fn read_image(path: &Path, column: &Column) -> Result<Vec<u8>, BuildError> {
	let form = Form::of(column).ok_or_else(|| {
		BuildError::unfit(path, format!("the model takes no images, but {:?}", column.shape))
	})?;
	let pixels = form.read(path).map_err(|failure| match failure {
		Failure::Io(error) => BuildError::io(path, error),
		Failure::Fault(fault) => BuildError::Record { position: path.display().to_string(), fault },
	})?;
	let mut bytes = Vec::with_capacity(column.bytes());
	append_pixels(&pixels, column.dtype, &mut bytes);
	Ok(bytes)
}

/// Returns the names in a folder, in order. Hidden files do not count; any other file that is not `wanted` is
/// an error.
fn names(folder: &Path, wanted: impl Fn(&DirEntry) -> bool) -> Result<Vec<OsString>, BuildError> {
	let io = |error| BuildError::io(folder, error);
	let mut names = Vec::new();
	for entry in std::fs::read_dir(folder).map_err(io)? {
		let entry = entry.map_err(io)?;
		let name = entry.file_name();
		if name.as_encoded_bytes().starts_with(b".") {
			continue;
		}
		if !wanted(&entry) {
			let reason = format!(
				"there must be folders with PNG and JPEG images, or images and a {LABELS}; move it away"
			);
			return Err(BuildError::unfit(&entry.path(), reason));
		}
		names.push(name);
	}
	names.sort_unstable();
	Ok(names)
}

fn images(folder: &Path) -> Result<Vec<OsString>, BuildError> {
	names(folder, |entry| {
		let path = entry.path();
		let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
		["png", "jpg", "jpeg"].iter().any(|known| extension == *known)
	})
}
