/** PostgreSQL settings by name. */
export type Settings = Readonly<Record<string, string>>;

/**
 * What the embedded PostgreSQL is started with. Durable: an acknowledged commit is on disk. Modest: it shares 500 MB with the
 * server, and its only client is our own pool. Told on the command line, so that a newer Utsuru changes them without touching the data folder.
 */
export const settings: Settings = {
  // durability
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  // who may connect: this machine alone, with the password
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "40",
  // memory and processes
  shared_buffers: "64MB",
  huge_pages: "off",
  dynamic_shared_memory_type: "mmap", // in the data folder: a kill -9 leaves nothing in /dev/shm
  max_wal_size: "512MB",
  io_method: "sync",
  max_parallel_workers_per_gather: "0",
  max_logical_replication_workers: "0",
  // no standby follows it
  wal_level: "minimal",
  max_wal_senders: "0",
  // planning: short statements on a disk without seek times
  jit: "off",
  random_page_cost: "1.1",
  // the log: what goes wrong, without statements, values or people's addresses
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
};
