"""Reference stores: real, strict and fast back ends for the interface of `storeproto`.

`make_store_path` opens one from whatever names it. `reference_stores.adapters` has bridges to zarr, obstore and mappings,
`reference_stores.faults` a store with faults on a plan. Only a RemoteStore needs a further package, fsspec (the extra `remote`).
"""

from reference_stores.local import LocalStore
from reference_stores.logging import LoggingStore
from reference_stores.memory import MemoryStore
from reference_stores.opening import StoreLike, make_store_path
from reference_stores.remote import RemoteStore
from reference_stores.zip import ZipStore

__all__ = ["LocalStore", "LoggingStore", "MemoryStore", "RemoteStore", "StoreLike", "ZipStore", "make_store_path"]
