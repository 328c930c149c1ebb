#include "invalidation/tailer/tailer.h"

#include <algorithm>

#include "invalidation/tailer/row_hashes.h"

namespace sabil::invalidation {

using mysql::binlog::BinlogPosition;
using mysql::binlog::EventType;

Tailer::Tailer(Ledger& ledger, Catalog& catalog, Executed& executed, Observer& observer)
    : ledger_(ledger), catalog_(catalog), executed_(executed), observer_(observer) {}

void Tailer::starting_at(const BinlogPosition& position) {
    position_ = position;
    file_before_.clear();
    in_payload_ = false;
    auto epoch_first = group_ ? group_->epoch_first : 0;
    group_.reset();
    if (epoch_first != 0) {
        ledger_.publish(epoch_first);
        executed_.applied_local(epoch_first);
    }
}

void Tailer::forget_history() {
    prepared_.clear();
    prepared_bytes_ = 0;
}

// end_position holds the low 32 bits of a place that only grows; events of a compressed payload have no place. MariaDB
// 11.8 gives none within a group, but for its first and last event. A file's format that is sent at a dump's start has
// none either, and takes no room there.
void Tailer::advance(const Header& header) {
    if (in_payload_ || header.artificial() || header.event_bytes == 0) return;
    if (header.end_position == 0) {
        if (group_) position_.offset += header.event_bytes;
        return;
    }
    constexpr std::uint64_t wrap = std::uint64_t{1} << 32;
    auto next = (position_.offset & ~(wrap - 1)) | header.end_position;
    if (next < position_.offset && position_.offset - next > wrap / 2) next += wrap;
    position_.offset = std::max(position_.offset, next);
    if (!group_) executed_.passed(position_);
}

// A file that was not begun because the one before was full: the server was started meanwhile, or its logs were reset.
void Tailer::on_format_description(const Header& header, const mysql::binlog::FormatDescription& format) {
    if (format.created != 0 && !file_before_.empty()) {
        begin_epoch(file_before_ < position_.file ? "server_restart" : "reset", true, Rights::perhaps_changed);
        file_before_.clear();
    }
    advance(header);
}

void Tailer::on_rotate(const Header&, const mysql::binlog::RotateEvent& event) {
    if (!position_.file.empty() && position_.file != event.file) file_before_ = position_.file;
    position_ = {std::string(event.file), event.position};
    if (!group_) executed_.passed(position_);
    observer_.on_stream();
}

Tailer::Group& Tailer::begin_group() {
    if (group_) {  // the one before has no end: what it was cannot be told
        group_->footprint.touch_everything("group_without_end");
        finish_group({});
    }
    group_.emplace();
    group_->n = ledger_.begin_group();
    group_->catalog = catalog_.snapshot();
    return *group_;
}

Tailer::Group& Tailer::current_group(std::string_view reason_without_one) {
    if (group_) return *group_;
    auto& group = begin_group();
    group.footprint.touch_everything(reason_without_one);
    return group;
}

void Tailer::on_mysql_gtid(const Header& header, const mysql::binlog::MysqlGtidEvent& event) {
    auto& group = begin_group();
    advance(header);
    if (!event.anonymous) group.mark.gtid = event.gtid;
}

void Tailer::on_mariadb_gtid(const Header& header, const mysql::binlog::MariadbGtidEvent& event) {
    auto& group = begin_group();
    advance(header);
    group.mark.gtid = event.gtid;
    group.standalone = event.standalone;
    group.open = !event.standalone;
    if (event.prepared_xa || event.completed_xa)
        group.xid = xid_text(event.xid_gtrid, event.xid_bqual, event.xid_format);
}

void Tailer::on_query(const Header& header, const mysql::binlog::QueryEvent& event) {
    advance(header);
    auto& group = current_group("statement_without_group");
    auto change =
        read_statement(event.text, event.schema, parse_mode(dialect_, version_, event.sql_mode, event.client_charset));
    switch (change.effect) {
        case StatementEffect::begin:
        case StatementEffect::xa_start:
            group.open = true;
            return;
        case StatementEffect::xa_end:
            return;
        case StatementEffect::commit:
        case StatementEffect::rollback:
            finish_group(header);
            return;
        case StatementEffect::xa_commit:
            commit_prepared(group, group.xid.empty() ? change.xid : group.xid);
            break;
        case StatementEffect::xa_rollback:
            prepared_.erase(group.xid.empty() ? change.xid : group.xid);
            break;
        default:
            apply_statement(group, change, event);
            break;
    }
    bool ends =
        change.effect == StatementEffect::xa_commit || change.effect == StatementEffect::xa_rollback || !group.open;
    if (change.opens_transaction) {
        group.open = true;
    } else if (ends) {
        finish_group(header);
    }
}

void Tailer::apply_statement(Group& group, const StatementChange& change, const mysql::binlog::QueryEvent& event) {
    switch (change.effect) {
        case StatementEffect::rows:
            touch_schemas(group, change, event);
            break;
        case StatementEffect::truncate:
            for (const auto& table : change.tables) group.footprint.touch_whole(table.schema, table.table);
            break;
        case StatementEffect::definitions:
            for (const auto& table : change.tables) {
                group.footprint.touch_whole(table.schema, table.table);
                group.definitions.push_back(table);
            }
            break;
        case StatementEffect::anything:
            touch_known_schemas(group);
            if (!event.schema.empty()) group.footprint.touch_schema(event.schema);
            group.any_definition = true;
            break;
        case StatementEffect::accounts:
            group.footprint.touch_everything("accounts");
            break;
        case StatementEffect::unknown:
            group.footprint.touch_everything("unknown_statement");
            break;
        default:
            break;
    }
}

// A statement in place of rows: triggers and functions may change more than it names. MySQL tells the schemas.
void Tailer::touch_schemas(Group& group, const StatementChange& change, const mysql::binlog::QueryEvent& event) {
    if (!event.schema.empty()) group.footprint.touch_schema(event.schema);
    for (const auto& table : change.tables) group.footprint.touch_schema(table.schema);
    if (event.updated_schemas.empty() || event.updated_schemas_overflow) return touch_known_schemas(group);
    for (auto schema : event.updated_schemas) group.footprint.touch_schema(schema);
}

void Tailer::touch_known_schemas(Group& group) {
    for (const auto& [name, definition] : group.catalog->schemas) group.footprint.touch_schema(name);
    for (const auto& [name, definition] : catalog_.snapshot()->schemas) group.footprint.touch_schema(name);
}

void Tailer::on_table_map(const Header& header, const mysql::binlog::TableMap& map) {
    advance(header);
    auto& group = current_group("rows_without_group");
    if (group.mapped.size() >= mapped_count_max) touch_mapped(group);
    group.mapped[map.number] = {map.schema, map.table};
}

void Tailer::on_rows(const Header& header, const mysql::binlog::RowsEvent& event) {
    advance(header);
    auto& group = current_group("rows_without_group");
    group.mapped.erase(event.table_number);
    const auto& map = *event.table;
    auto signatures = ledger_.signatures(map.schema, map.table);
    const auto* definition = group.catalog->table(map.schema, map.table);
    if (!touch_rows(group.footprint, ledger_, *group.catalog, event, signatures.get(), definition)) {
        group.definitions.push_back({map.schema, map.table});
    }
    if (!event.statement_end) return;
    touch_mapped(group);
    if (group.standalone && !group.open) finish_group(header);
}

// Mapped, but no rows: the server changed it without saying how (MariaDB's children through foreign keys).
void Tailer::touch_mapped(Group& group) {
    for (const auto& [number, table] : group.mapped) group.footprint.touch_all_rows(table.schema, table.table);
    group.mapped.clear();
}

void Tailer::on_xid(const Header& header, const mysql::binlog::XidEvent&) {
    advance(header);
    current_group("commit_without_group");
    finish_group(header);
}

void Tailer::on_xa_prepare(const Header& header, const mysql::binlog::XaPrepareEvent& event) {
    advance(header);
    current_group("commit_without_group");
    if (event.one_phase) return finish_group(header);
    prepare(header, xid_text(event.gtrid, event.bqual, event.format));
}

// The rows come now, the commit later in a group of its own, or never.
void Tailer::prepare(const Header& header, std::string xid) {
    touch_mapped(*group_);
    auto footprint = std::move(group_->footprint);
    group_->footprint = {};
    if (!footprint.everything().empty()) group_->footprint.touch_everything(footprint.everything());
    if (prepared_.size() >= prepared_count_max || prepared_bytes_ + footprint.heap_bytes() > prepared_bytes_max) {
        forget_history();  // their commits will be of unknown transactions
    }
    prepared_bytes_ += footprint.heap_bytes();
    prepared_[std::move(xid)] = std::move(footprint);
    finish_group(header);
}

void Tailer::commit_prepared(Group& group, const std::string& xid) {
    auto at = prepared_.find(xid);
    if (at == prepared_.end()) {
        group.footprint.touch_everything("unknown_xa");
        return;
    }
    at->second.forget_rows();  // signatures registered since the prepare were not hashed
    group.footprint.merge(at->second);
    prepared_bytes_ -= std::min(prepared_bytes_, at->second.heap_bytes());
    prepared_.erase(at);
}

void Tailer::on_payload_begin(const Header& header, std::uint64_t) {
    advance(header);
    in_payload_ = true;
}

void Tailer::on_incident(const Header& header, const mysql::binlog::IncidentEvent&) {
    advance(header);
    bool alone = !group_;
    current_group("incident").footprint.touch_everything("incident");
    if (alone) finish_group(header);
}

void Tailer::on_unknown(const Header& header, std::string_view) {
    advance(header);
    bool harmless =
        header.ignorable() || header.type == EventType::transaction_context || header.type == EventType::view_change;
    if (harmless) return;
    bool alone = !group_;
    current_group("unknown_event").footprint.touch_everything("unknown_event");
    if (alone) finish_group(header);
}

// Rule 2: the stamps, then A.
void Tailer::finish_group(const Header& header) {
    auto& group = *group_;
    touch_mapped(group);
    group.mark.end = position_;
    auto reason = group.footprint.everything();
    drop_definitions(group);
    group.footprint.stamp(ledger_, *catalog_.snapshot(), group.n);
    if (!reason.empty()) {
        drop_catalog(group.n);
        group.epoch_first = ledger_.new_epoch(Rights::perhaps_changed);
    }
    executed_.applied(group.n, group.mark);
    auto last = group.n;
    if (group.epoch_first != 0) {
        last = group.epoch_first;
        executed_.applied_local(last);
    }
    group_.reset();
    ledger_.publish(last);
    ledger_.advance_watermark(executed_.watermark());
    if (!reason.empty()) observer_.on_epoch(reason);
    observer_.on_group_applied(last, header.timestamp);
}

void Tailer::drop_definitions(Group& group) {
    if (group.any_definition) drop_catalog(group.n);
    for (const auto& table : group.definitions) {
        catalog_.drop_table(table.schema, table.table, group.n);
        ledger_.drop_signatures(table.schema, table.table);
    }
}

void Tailer::drop_catalog(Sequence n) {
    auto before = catalog_.snapshot();
    catalog_.drop_all(n);
    for (const auto& [name, definition] : before->schemas) ledger_.drop_schema_signatures(name);
}

void Tailer::purge_table(std::string_view schema, std::string_view table) {
    Footprint footprint;
    footprint.touch_whole(schema, table);
    stamp_now(footprint);
}

// Through triggers and foreign keys it may have reached any table.
void Tailer::unlogged_change(bool definitions) {
    Footprint footprint;
    for (const auto& [name, definition] : catalog_.snapshot()->schemas) footprint.touch_schema(name);
    if (definitions) drop_catalog(ledger_.started());
    stamp_now(footprint);
}

// No floor has reached the number of a group under way, so its number will do for stamps that must count at once.
void Tailer::stamp_now(const Footprint& footprint) {
    if (group_) return footprint.stamp(ledger_, *catalog_.snapshot(), group_->n);
    auto n = ledger_.begin_group();
    footprint.stamp(ledger_, *catalog_.snapshot(), n);
    executed_.applied_local(n);
    ledger_.publish(n);
    ledger_.advance_watermark(executed_.watermark());
}

void Tailer::begin_epoch(std::string_view reason, bool drops_catalog, Rights rights) {
    if (drops_catalog) drop_catalog(ledger_.started());
    auto first = ledger_.new_epoch(rights);
    if (group_) {
        group_->epoch_first = first;  // A and W reach it with the group
    } else {
        executed_.applied_local(first);
        ledger_.publish(first);
        ledger_.advance_watermark(executed_.watermark());
    }
    observer_.on_epoch(reason);
}

}  // namespace sabil::invalidation
