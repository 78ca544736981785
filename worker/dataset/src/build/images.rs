//! Folders of PNG and JPEG images.

use super::csv::Csv;
use super::error::{BuildError, Fault};
use super::number::{append, append_pixels, parse};
use super::{Progress, Source, Step};
use crate::schema::{Column, Schema};
use image::{ColorType, ImageDecoder, ImageReader, Limits};
use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::{Component, Path, PathBuf};
use std::vec::IntoIter;

/// File with the labels, if there are no folders for the classes.
const LABELS: &str = "labels.csv";
/// Number of bytes that decoding may take beside the image itself.
const DECODER_BYTES: u64 = 64 << 20;

/// The images of a folder.
///
/// The folder has either one folder for each class, whose label is its position in the order of the names; or
/// a file `labels.csv` with the columns `file` and `label`.
///
/// An image has exactly the size and the channels of the input's shape, `[channels, height, width]` or
/// `[height, width]`, and 8 bits per channel. Values are row-major, channel by channel. They are divided by
/// 255 if the column is `f32`.
pub struct Images {
	folder: PathBuf,
	labels: Labels,
	input: Column,
	target: Column,
	form: Form,
	/// Path of the image that was read last, relative to the folder.
	current: PathBuf,
	read: u64,
}

enum Labels {
	Classes {
		/// Names of the classes that follow.
		classes: IntoIter<OsString>,
		/// Folder of the class whose images follow.
		class: PathBuf,
		/// Label of the class, plus one.
		count: u64,
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

impl Images {
	/// Opens a folder and counts its images.
	///
	/// # Errors
	/// Fails if the folder holds other files than images, or if the schema is not that of images.
	pub fn open(folder: &Path, schema: &Schema) -> Result<Self, BuildError> {
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
		let list = folder.join(LABELS);
		let labels = if list.is_file() {
			let csv = Csv::raw(&list)?;
			let column = |name| {
				let missing = || {
					BuildError::unfit(&list, format!("column '{name}' is missing; it needs file and label"))
				};
				csv.column(name).ok_or_else(missing)
			};
			let (file, label) = (column("file")?, column("label")?);
			Labels::Listed { list: csv, file, label }
		} else {
			let classes = names(folder, |entry| entry.path().is_dir())?;
			let counts = classes.iter().map(|class| Ok(images(&folder.join(class))?.len() as u64));
			Labels::Classes {
				total: counts.sum::<Result<_, BuildError>>()?,
				classes: classes.into_iter(),
				class: PathBuf::new(),
				count: 0,
				images: Vec::new().into_iter(),
			}
		};
		Ok(Self {
			folder: folder.into(),
			labels,
			input: input.clone(),
			target: target.clone(),
			form,
			current: PathBuf::new(),
			read: 0,
		})
	}

	/// Moves to the next image and puts its label in `label`. Returns false at the end.
	fn next_image(&mut self, label: &mut Vec<u8>) -> Result<bool, BuildError> {
		match &mut self.labels {
			Labels::Classes { classes, class, count, images: following, .. } => {
				let image = loop {
					if let Some(image) = following.next() {
						break image;
					}
					let Some(next) = classes.next() else {
						return Ok(false);
					};
					*class = next.into();
					*count += 1;
					*following = images(&self.folder.join(&class))?.into_iter();
				};
				self.current = class.join(image);
				let number = count.saturating_sub(1);
				append(&[number], self.target.dtype, label).map_err(|value| BuildError::Record {
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
				let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
				if name.is_empty() || !inside {
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
		let pixels = self.form.decode(&path).map_err(|failure| match failure {
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

/// Required size and channels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
	channels: u64,
	height: u64,
	width: u64,
}

enum Failure {
	Io(std::io::Error),
	Fault(Fault),
}

impl Form {
	fn of(column: &Column) -> Option<Self> {
		let (channels, height, width) = match *column.shape {
			[height, width] => (1, height, width),
			[channels, height, width] => (channels, height, width),
			_ => return None,
		};
		Some(Self { channels, height, width })
	}

	/// Returns the pixels, channel by channel.
	fn decode(self, path: &Path) -> Result<Vec<u8>, Failure> {
		let broken = |error: image::ImageError| match error {
			image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::NotFound => {
				Failure::Io(error)
			}
			error => Failure::Fault(Fault::Unreadable(format!("the image cannot be read: {error}"))),
		};
		let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
		let mut reader = reader.map_err(Failure::Io)?;
		let bytes = self.channels.saturating_mul(self.height).saturating_mul(self.width);
		let mut limits = Limits::default();
		limits.max_alloc = Some(bytes.saturating_mul(4).saturating_add(DECODER_BYTES));
		reader.limits(limits);
		let decoder = reader.into_decoder().map_err(broken)?;
		let (width, height) = decoder.dimensions();
		let colour = decoder.color_type();
		let channels = u64::from(colour.channel_count());
		let eight_bits =
			matches!(colour, ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8);
		let found = Self { channels, height: height.into(), width: width.into() };
		if found != self || !eight_bits {
			let depth = if eight_bits { "" } else { " and more than 8 bits a channel" };
			return Err(Failure::Fault(Fault::Image {
				expected: self.to_string(),
				found: format!("{found}{depth}"),
			}));
		}
		// The sizes are equal, so this is bounded as the description is.
		let mut interleaved = vec![0; usize::try_from(bytes).unwrap_or(0)];
		decoder.read_image(&mut interleaved).map_err(broken)?;
		let channels = usize::try_from(channels).unwrap_or(1);
		Ok((0..channels)
			.flat_map(|channel| interleaved.iter().skip(channel).step_by(channels))
			.copied()
			.collect())
	}
}

impl std::fmt::Display for Form {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		let Self { channels, height, width } = self;
		let plural = if *channels == 1 { "" } else { "s" };
		write!(f, "{channels} channel{plural} of {height} x {width}")
	}
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
