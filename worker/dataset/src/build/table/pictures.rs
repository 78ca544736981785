//! Encoded images in a column of a table, as data sets of Hugging Face have them: a struct whose field
//! `bytes` holds a PNG or JPEG file, or such bytes by themselves.

use super::super::error::Fault;
use super::super::images::{Failure, Form};
use super::super::number::append_pixels;
use crate::schema::{Column, Dtype};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

/// Field of a struct with the bytes of an image.
const BYTES: &str = "bytes";

/// Images of a column of a batch.
pub(super) struct Pictures {
	name: String,
	form: Form,
	/// Null mask of the rows.
	rows: Option<NullBuffer>,
	/// Binary array of the files.
	files: ArrayRef,
}

fn is_binary(found: &DataType) -> bool {
	matches!(found, DataType::Binary | DataType::LargeBinary)
}

/// Returns true for the types of columns of encoded images.
pub(super) fn is_encoded(found: &DataType) -> bool {
	match found {
		DataType::Struct(fields) => fields.find(BYTES).is_some_and(|(_, field)| is_binary(field.data_type())),
		other => is_binary(other),
	}
}

/// Returns true if a column of the description holds images.
pub(super) fn takes_them(column: &Column) -> bool {
	Form::of(column).is_some()
}

impl Pictures {
	/// Opens an array; `None` if it holds no encoded images, or the column none at all.
	pub(super) fn open(name: &str, column: &Column, array: &ArrayRef) -> Option<Self> {
		let form = Form::of(column)?;
		if !is_encoded(array.data_type()) {
			return None;
		}
		let files = match array.as_struct_opt() {
			Some(fields) => fields.column_by_name(BYTES)?.clone(),
			None => array.clone(),
		};
		Some(Self { name: name.into(), form, rows: array.nulls().cloned(), files })
	}

	/// Appends the pixels of a row, channel by channel.
	pub(super) fn append(&self, row: usize, dtype: Dtype, record: &mut Vec<u8>) -> Result<(), Fault> {
		if self.rows.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
			return Err(Fault::Null(self.name.clone()));
		}
		if self.files.is_null(row) {
			let reason = format!(
				"column '{}' has no bytes of the image, maybe its path alone; save the data set with its \
				 images",
				self.name
			);
			return Err(Fault::Unreadable(reason));
		}
		let file = match self.files.as_binary_opt::<i32>() {
			Some(files) => files.value(row),
			None => self.files.as_binary::<i64>().value(row),
		};
		let pixels = self.form.decode(file).map_err(|failure| match failure {
			Failure::Fault(fault) => fault,
			Failure::Io(error) => Fault::Unreadable(error.to_string()),
		})?;
		append_pixels(&pixels, dtype, record);
		Ok(())
	}
}
