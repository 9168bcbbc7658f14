//! What a block looks like: a header of [`HEADER`] bytes, then the records and the state, compressed.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `FLB1` |
//! | 4 | CRC-32 of all that follows |
//! | 4, 4 | length of what follows the header, and uncompressed |
//! | 4 | records; none where only the state is kept |
//! | 8 | position of the first |
//! | 8, 8 | least and greatest time |
//!
//! All numbers are little-endian. Uncompressed: the state's length (4) and the state, then each record's time (8), length (4)
//! and bytes.

use crate::BookError;
use crate::read::Record;

pub(crate) const HEADER: usize = 44;
const MAGIC: [u8; 4] = *b"FLB1";
/// More than that no block ever is: a length beyond it is damage.
const LARGEST: usize = 1 << 31;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) checksum: u32,
    pub(crate) stored: u32,
    pub(crate) raw: u32,
    pub(crate) count: u32,
    pub(crate) first: u64,
    pub(crate) earliest: i64,
    pub(crate) latest: i64,
}

impl Header {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes.get(..HEADER)?);
        let magic: [u8; 4] = fields.take()?;
        let header = Self {
            checksum: u32::from_le_bytes(fields.take()?),
            stored: u32::from_le_bytes(fields.take()?),
            raw: u32::from_le_bytes(fields.take()?),
            count: u32::from_le_bytes(fields.take()?),
            first: u64::from_le_bytes(fields.take()?),
            earliest: i64::from_le_bytes(fields.take()?),
            latest: i64::from_le_bytes(fields.take()?),
        };
        (magic == MAGIC && (header.raw as usize) <= LARGEST).then_some(header)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&MAGIC);
        for number in [self.checksum, self.stored, self.raw, self.count] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.earliest.to_le_bytes());
        out.extend_from_slice(&self.latest.to_le_bytes());
    }

    /// Bytes of the whole block.
    pub(crate) const fn len(&self) -> u64 {
        HEADER as u64 + self.stored as u64
    }

    /// The position after its last record.
    pub(crate) const fn end(&self) -> u64 {
        self.first + self.count as u64
    }
}

/// Records that wait to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Builder {
    records: Vec<u8>,
    count: u32,
    earliest: i64,
    latest: i64,
}

impl Builder {
    /// # Errors
    /// [`BookError::TooLarge`].
    pub(crate) fn push(&mut self, at: i64, bytes: &[u8]) -> Result<(), BookError> {
        let too_large = || BookError::TooLarge(bytes.len());
        let length = u32::try_from(bytes.len()).map_err(|_large| too_large())?;
        if self.records.len() + bytes.len() + 12 > LARGEST / 2 {
            return Err(too_large());
        }
        self.records.extend_from_slice(&at.to_le_bytes());
        self.records.extend_from_slice(&length.to_le_bytes());
        self.records.extend_from_slice(bytes);
        self.earliest = if self.count == 0 { at } else { self.earliest.min(at) };
        self.latest = if self.count == 0 { at } else { self.latest.max(at) };
        self.count += 1;
        Ok(())
    }

    pub(crate) const fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// The least and the greatest; turned round where there is none.
    pub(crate) const fn times(&self) -> (i64, i64) {
        if self.count == 0 { (i64::MAX, i64::MIN) } else { (self.earliest, self.latest) }
    }

    pub(crate) fn records(&self, first: u64) -> Records<'_> {
        Records { rest: &self.records, position: first }
    }

    /// The block's bytes.
    pub(crate) fn encode(&self, first: u64, state: &[u8], level: i32) -> std::io::Result<(Header, Vec<u8>)> {
        let state_length = u32::try_from(state.len()).map_err(std::io::Error::other)?;
        let raw = [&state_length.to_le_bytes()[..], state, &self.records].concat();
        let body = zstd::bulk::compress(&raw, level)?;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(std::io::Error::other);
        let (earliest, latest) = self.times();
        let mut header = Header {
            checksum: 0,
            stored: length(&body)?,
            raw: length(&raw)?,
            count: self.count,
            first,
            earliest,
            latest,
        };
        header.checksum = checksum(&header, &body);
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        header.write(&mut bytes);
        bytes.extend_from_slice(&body);
        Ok((header, bytes))
    }
}

fn checksum(header: &Header, body: &[u8]) -> u32 {
    let mut bytes = Vec::with_capacity(HEADER);
    header.write(&mut bytes);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[8..]);
    hasher.update(body);
    hasher.finalize()
}

/// A block as it was written.
#[derive(Debug)]
pub(crate) struct Block {
    raw: Vec<u8>,
    records_at: usize,
    first: u64,
}

impl Block {
    /// `None` if it is not what was written.
    pub(crate) fn decode(header: &Header, body: &[u8]) -> Option<Self> {
        if checksum(header, body) != header.checksum {
            return None;
        }
        let raw = zstd::bulk::decompress(body, header.raw as usize).ok()?;
        let state: [u8; 4] = raw.get(..4)?.try_into().ok()?;
        let records_at = 4 + u32::from_le_bytes(state) as usize;
        (records_at <= raw.len()).then_some(Self { raw, records_at, first: header.first })
    }

    pub(crate) fn state(&self) -> &[u8] {
        &self.raw[4..self.records_at]
    }

    pub(crate) fn records(&self) -> Records<'_> {
        Records { rest: &self.raw[self.records_at..], position: self.first }
    }
}

/// A block's records in their order.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    rest: &'a [u8],
    position: u64,
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let mut fields = Fields(self.rest);
        let at = i64::from_le_bytes(fields.take()?);
        let length = u32::from_le_bytes(fields.take()?) as usize;
        let (bytes, rest) = fields.0.split_at_checked(length)?;
        let position = self.position;
        (self.rest, self.position) = (rest, position + 1);
        Some(Record { position, at, bytes })
    }
}

/// Numbers one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}
