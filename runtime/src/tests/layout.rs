//! The storage layout of this project's pallets, frozen in a file: a running chain has it so.

use crate::{Dataset, Emission, Evaluators, Groups, Rounds, Runtime, TestSets, Validators};
use frame_support::traits::{GetStorageVersion, PalletInfoAccess, StorageVersion};
use scale_info::{form::MetaForm, Field, MetaType, TypeDef};
use sp_metadata_ir::StorageEntryTypeIR;
use std::{collections::BTreeMap, fmt::Write, fs};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/storage-layout.txt");
/// Environment variable that has the file written anew.
const WRITE: &str = "WRITE_STORAGE_LAYOUT";

/// The types that storage entries are made of, by name.
#[derive(Default)]
struct Types(BTreeMap<String, String>);

impl Types {
	/// Returns the name of a type, and notes the type with its parts.
	fn name(&mut self, meta: &MetaType) -> String {
		let info = meta.type_info();
		match &info.type_def {
			TypeDef::Primitive(primitive) => format!("{primitive:?}").to_lowercase(),
			TypeDef::Sequence(items) => format!("[{}]", self.name(&items.type_param)),
			TypeDef::Array(items) => format!("[{}; {}]", self.name(&items.type_param), items.len),
			TypeDef::Compact(inner) => format!("compact {}", self.name(&inner.type_param)),
			TypeDef::BitSequence(_) => "bits".into(),
			TypeDef::Tuple(parts) => {
				let parts: Vec<_> = parts.fields.iter().map(|part| self.name(part)).collect();
				format!("({})", parts.join(", "))
			}
			TypeDef::Composite(composite) => {
				let name = self.path(&info);
				self.note(&name, |types| types.fields(&composite.fields));
				name
			}
			TypeDef::Variant(variants) => {
				let name = self.path(&info);
				self.note(&name, |types| {
					let variants = variants.variants.iter().map(|variant| {
						let fields = types.fields(&variant.fields);
						format!("{} {}{}", variant.index, variant.name, fields)
					});
					variants.collect::<Vec<_>>().join(" | ")
				});
				name
			}
		}
	}

	/// Returns the path of a type, with its type parameters.
	fn path(&mut self, info: &scale_info::Type<MetaForm>) -> String {
		let path = info.path.segments.join("::");
		let params = info.type_params.iter().filter_map(|param| param.ty);
		let params: Vec<_> = params.map(|ty| self.name(&ty)).collect();
		if params.is_empty() {
			path
		} else {
			format!("{path}<{}>", params.join(", "))
		}
	}

	fn note(&mut self, name: &str, define: impl FnOnce(&mut Self) -> String) {
		if !self.0.contains_key(name) {
			self.0.insert(name.into(), String::new());
			let definition = define(self);
			self.0.insert(name.into(), definition);
		}
	}

	fn fields(&mut self, fields: &[Field<MetaForm>]) -> String {
		let parts: Vec<_> = fields
			.iter()
			.map(|field| match field.name {
				Some(name) => format!("{name}: {}", self.name(&field.ty)),
				None => self.name(&field.ty),
			})
			.collect();
		match fields.first() {
			None => String::new(),
			Some(Field { name: Some(_), .. }) => format!(" {{ {} }}", parts.join(", ")),
			Some(_) => format!("({})", parts.join(", ")),
		}
	}

	fn entry(&mut self, entry: &StorageEntryTypeIR) -> String {
		match entry {
			StorageEntryTypeIR::Plain(value) => self.name(value),
			StorageEntryTypeIR::Map { hashers, key, value } => {
				let hashers: Vec<_> = hashers.iter().map(|hasher| format!("{hasher:?}")).collect();
				format!("{} of {} -> {}", hashers.join(" "), self.name(key), self.name(value))
			}
		}
	}
}

/// The pallets of this project, with the versions of their storage.
fn pallets() -> [(&'static str, StorageVersion); 7] {
	fn of<P: PalletInfoAccess + GetStorageVersion<InCodeStorageVersion = StorageVersion>>(
	) -> (&'static str, StorageVersion) {
		(P::name(), P::in_code_storage_version())
	}
	[
		of::<Emission>(),
		of::<Validators>(),
		of::<Evaluators>(),
		of::<Groups>(),
		of::<Rounds>(),
		of::<Dataset>(),
		of::<TestSets>(),
	]
}

fn layout() -> String {
	// The state may hold the value of a constant.
	let metadata = sp_io::TestExternalities::default().execute_with(Runtime::metadata_ir);
	let mut types = Types::default();
	let mut text = String::from(
		"How the storage of a chain is laid out. Written by the tests of descent-runtime; each change needs \
		 another storage version of its pallet, and a migration.\n",
	);
	for (name, version) in pallets() {
		let version = u16::from_be_bytes(version_bytes(version));
		writeln!(text, "\n# {name}, storage version {version}").unwrap();
		let pallet = metadata.pallets.iter().find(|pallet| pallet.name == name);
		let storage = pallet.expect("the runtime has it").storage.as_ref();
		for entry in &storage.expect("it stores something").entries {
			writeln!(text, "{}.{}: {:?} {}", name, entry.name, entry.modifier, types.entry(&entry.ty))
				.unwrap();
		}
	}
	text.push_str("\n# Types\n");
	for (name, definition) in types.0 {
		writeln!(text, "{name} ={}{definition}", if definition.starts_with(' ') { "" } else { " " }).unwrap();
	}
	text
}

/// Returns a version's bytes, which only its encoding has.
fn version_bytes(version: StorageVersion) -> [u8; 2] {
	let mut bytes: [u8; 2] = codec::Encode::encode(&version).try_into().expect("it is a u16");
	bytes.reverse();
	bytes
}

#[test]
fn the_storage_is_laid_out_as_it_was() {
	let now = layout();
	if std::env::var_os(WRITE).is_some() {
		fs::write(FILE, &now).unwrap();
	}
	let before = fs::read_to_string(FILE).unwrap_or_default();
	let missing = |from: &str, other: &str, sign: &str| {
		let mut others = other.lines().collect::<Vec<_>>();
		others.sort_unstable();
		let lines = from.lines().filter(|line| others.binary_search(line).is_err());
		lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
	};
	let changes = missing(&before, &now, "-") + &missing(&now, &before, "+");
	assert!(
		changes.is_empty(),
		"the layout of the storage has changed:\n{changes}\nA chain that runs does not have it so: raise the \
		 storage version of the pallet, write a migration, then write {FILE} anew with {WRITE}=1."
	);
}

#[test]
fn a_layout_tells_names_keys_and_what_values_are_made_of() {
	let layout = layout();
	for line in [
		"Groups.NextGroup: Default u32",
		"Rounds.UsedDigests: Optional Twox64Concat Blake2_128Concat of (u32, primitive_types::H256) -> u32",
		"descent_protocol::score::Score = (u64)",
		"primitive_types::H256 = ([u8; 32])",
	] {
		assert!(layout.lines().any(|other| other == line), "{line} is not in\n{layout}");
	}
}
