;; A program with one operation for each first byte of the calldata.
;;
;; 0             returns its address, its sender, its value and whether it was entered again, a word each
;; 1 to data     calls `to` with the value it got and passes on what comes back
;; 2 to data     the same by delegate call
;; 3 to data     the same by static call
;; 4 code        creates a contract
;; 5 salt code   creates a contract at an address known beforehand
;; 6 key value   writes storage and transient storage, logs the value, and reverts
;; 7 key value   the same without reverting
;; 8 key         returns the sum of storage and transient storage, byte by byte
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
  (import "vm_hooks" "contract_address" (func $self (param i32)))
  (import "vm_hooks" "msg_sender" (func $sender (param i32)))
  (import "vm_hooks" "msg_value" (func $value (param i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $returned (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (local $op i32) (local $status i32) (local $i i32)
    (call $read_args (i32.const 1024))
    (local.set $op (i32.load8_u (i32.const 1024)))
    (call $value (i32.const 64))
    (if (i32.eqz (local.get $op)) (then
      (call $self (i32.const 12))
      (call $sender (i32.const 44))
      (i32.store8 (i32.const 127) (call $reentrant))
      (call $write_result (i32.const 0) (i32.const 128))
      (return (i32.const 0))))
    (if (i32.le_u (local.get $op) (i32.const 3)) (then
      (if (i32.eq (local.get $op) (i32.const 1)) (then
        (local.set $status (call $call (i32.const 1025) (i32.const 1045)
          (i32.sub (local.get $len) (i32.const 21)) (i32.const 64) (i64.const -1) (i32.const 256)))))
      (if (i32.eq (local.get $op) (i32.const 2)) (then
        (local.set $status (call $delegate (i32.const 1025) (i32.const 1045)
          (i32.sub (local.get $len) (i32.const 21)) (i64.const -1) (i32.const 256)))))
      (if (i32.eq (local.get $op) (i32.const 3)) (then
        (local.set $status (call $static (i32.const 1025) (i32.const 1045)
          (i32.sub (local.get $len) (i32.const 21)) (i64.const -1) (i32.const 256)))))
      (drop (call $returned (i32.const 32768) (i32.const 0) (i32.load (i32.const 256))))
      (call $write_result (i32.const 32768) (i32.load (i32.const 256)))
      (return (local.get $status))))
    (if (i32.le_u (local.get $op) (i32.const 5)) (then
      (if (i32.eq (local.get $op) (i32.const 4))
        (then (call $create1 (i32.const 1025) (i32.sub (local.get $len) (i32.const 1))
          (i32.const 64) (i32.const 140) (i32.const 256)))
        (else (call $create2 (i32.const 1057) (i32.sub (local.get $len) (i32.const 33))
          (i32.const 64) (i32.const 1025) (i32.const 140) (i32.const 256))))
      (call $write_result (i32.const 128) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.le_u (local.get $op) (i32.const 7)) (then
      (call $store (i32.const 1025) (i32.const 1057))
      (call $flush (i32.const 1))
      (call $tstore (i32.const 1025) (i32.const 1057))
      (call $log (i32.const 1057) (i32.const 32) (i32.const 0))
      (return (i32.eq (local.get $op) (i32.const 6)))))
    (call $load (i32.const 1025) (i32.const 0))
    (call $tload (i32.const 1025) (i32.const 32))
    (loop $bytes
      (i32.store8 (local.get $i) (i32.add (i32.load8_u (local.get $i)) (i32.load8_u (i32.add (local.get $i) (i32.const 32)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $i) (i32.const 32))))
    (call $write_result (i32.const 0) (i32.const 32))
    (i32.const 0)))
