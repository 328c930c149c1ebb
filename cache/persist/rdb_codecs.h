// The save and load pairs behind the tables of rdb_value.cc. A load that fails tells the decoder why.
#pragma once

#include "cache/persist/rdb_value.h"

namespace sabil::cache::rdb {

Type list_type(const Entry& entry, unsigned version);
void save_list(const Entry& entry, Type type, RdbEncoder& to);
Value load_list(Type type, RdbDecoder& from, const RdbLoadRules& rules);

Type set_type(const Entry& entry, unsigned version);
void save_set(const Entry& entry, Type type, RdbEncoder& to);
Value load_set(Type type, RdbDecoder& from, const RdbLoadRules& rules);

Type zset_type(const Entry& entry, unsigned version);
void save_zset(const Entry& entry, Type type, RdbEncoder& to);
Value load_zset(Type type, RdbDecoder& from, const RdbLoadRules& rules);

Type hash_type(const Entry& entry, unsigned version);
void save_hash(const Entry& entry, Type type, RdbEncoder& to);
Value load_hash(Type type, RdbDecoder& from, const RdbLoadRules& rules);

Type stream_type(const Entry& entry, unsigned version);
void save_stream(const Entry& entry, Type type, RdbEncoder& to);
Value load_stream(Type type, RdbDecoder& from, const RdbLoadRules& rules);

}  // namespace sabil::cache::rdb
