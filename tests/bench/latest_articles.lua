-- sysbench: the latest-articles query, as text or, with --db-ps-mode=auto, as a prepared statement.
local query = "SELECT id, title, author, published_at FROM articles WHERE status = 'published' " ..
              "ORDER BY published_at DESC LIMIT 10"

function thread_init()
  connection = sysbench.sql.driver():connect()
  if sysbench.opt.db_ps_mode ~= "disable" then
    statement = connection:prepare(query)
  end
end

function event()
  local result
  if statement then result = statement:execute() else result = connection:query(query) end
  result:free()
end

function thread_done()
  connection:disconnect()
end
