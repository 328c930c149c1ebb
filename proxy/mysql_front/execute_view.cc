#include "proxy/mysql_front/execute_view.h"

#include "cache/base/bytes.h"
#include "mysql/wire/execute_request.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::proxy::mysql_front {

std::optional<ExecuteView> view_execute(std::string_view payload, mysql::Capabilities capabilities,
                                        std::uint16_t parameters) noexcept {
    ByteReader in(payload);
    in.skip(1);
    ExecuteView view;
    view.statement_id = in.u32();
    view.flags = in.u8();
    in.skip(4);
    const bool named = mysql::has(capabilities, mysql::capability::query_attributes);
    std::size_t count = parameters;
    if (named && (view.flags & mysql::cursor_flag::parameter_count_available) != 0) {
        count = mysql::read_length_encoded(in);
    }
    if (!in.ok() || count < parameters || count > 65535) return std::nullopt;
    view.has_attributes = count > parameters;
    if (count == 0) return view;
    view.null_bitmap = in.take((count + 7) / 8);
    view.types_at = in.position();
    view.types_follow = in.u8() == 1;
    if (view.types_follow) {
        const auto begin = in.position();
        if (named) {
            for (std::size_t i = 0; i < count; ++i) {
                in.skip(2);
                (void)mysql::read_length_encoded_string(in);
            }
        } else {
            in.skip(2 * count);
        }
        if (!in.ok()) return std::nullopt;
        view.types = payload.substr(begin, in.position() - begin);
    }
    if (!in.ok()) return std::nullopt;
    view.values = in.rest();
    return view;
}

void append_with_types(std::string& out, std::string_view payload, const ExecuteView& view, std::string_view types) {
    if (view.types_at == 0 || view.types_follow) {
        out.append(payload);
        return;
    }
    out.append(payload.substr(0, view.types_at));
    out.push_back(1);
    out.append(types);
    out.append(view.values);
}

}  // namespace sabil::proxy::mysql_front
