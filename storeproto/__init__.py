"""Stores as types: run-time checkable protocols of the asynchronous key-value store interface of `zarr.storage`.

Nothing here does I/O, and nothing but typing_extensions is needed.
"""

from storeproto.buffers import (
    BufferClass,
    BufferLike,
    BufferPrototype,
    BytesClass,
    BytesLike,
    BytesPrototype,
    SupportsToBytes,
    as_bytes,
    default_buffer_prototype,
)
from storeproto.byte_requests import (
    ByteRangePair,
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    from_pair,
    resolve,
)
from storeproto.errors import (
    InvalidKeyError,
    KeyConflictError,
    ReadOnlyStoreError,
    StoreClosedError,
    UnsupportedOperationError,
)
from storeproto.protocols import (
    HasDeletesFlag,
    HasListingFlag,
    HasPartialWritesFlag,
    HasWritesFlag,
    PrototypeStore,
    Store,
    SupportsDeletes,
    SupportsDeleteSync,
    SupportsGetSync,
    SupportsListing,
    SupportsPages,
    SupportsPartialWrites,
    SupportsRanges,
    SupportsSetSync,
    SupportsWrites,
    is_store,
    supports_deletes,
    supports_listing,
    supports_partial_writes,
    supports_writes,
)
from storeproto.store_path import AccessMode, StorePath

# isort: split
# Last, because pyright --verifytypes knows no metaclass of a generic class that it meets after Protocol.
from typing_extensions import Protocol, runtime_checkable

__version__ = "0.1.0"

__all__ = [
    "AccessMode",
    "BufferClass",
    "BufferLike",
    "BufferPrototype",
    "ByteRangePair",
    "ByteRequest",
    "BytesClass",
    "BytesLike",
    "BytesPrototype",
    "HasDeletesFlag",
    "HasListingFlag",
    "HasPartialWritesFlag",
    "HasWritesFlag",
    "InvalidKeyError",
    "KeyConflictError",
    "OffsetByteRequest",
    "Protocol",
    "PrototypeStore",
    "RangeByteRequest",
    "ReadOnlyStoreError",
    "Store",
    "StoreClosedError",
    "StorePath",
    "SuffixByteRequest",
    "SupportsDeleteSync",
    "SupportsDeletes",
    "SupportsGetSync",
    "SupportsListing",
    "SupportsPages",
    "SupportsPartialWrites",
    "SupportsRanges",
    "SupportsSetSync",
    "SupportsToBytes",
    "SupportsWrites",
    "UnsupportedOperationError",
    "as_bytes",
    "default_buffer_prototype",
    "from_pair",
    "is_store",
    "resolve",
    "runtime_checkable",
    "supports_deletes",
    "supports_listing",
    "supports_partial_writes",
    "supports_writes",
]
