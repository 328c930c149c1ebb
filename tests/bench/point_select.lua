-- sysbench: one article by its id, uniform over the sample's 2,000; text or prepared as latest_articles.lua.
local query = "SELECT title FROM articles WHERE id = "

function thread_init()
  connection = sysbench.sql.driver():connect()
  if sysbench.opt.db_ps_mode ~= "disable" then
    statement = connection:prepare(query .. "?")
    parameter = statement:bind_create(sysbench.sql.type.INT)
    statement:bind_param(parameter)
  end
end

function event()
  local id = sysbench.rand.uniform(1, 2000)
  local result
  if statement then
    parameter:set(id)
    result = statement:execute()
  else
    result = connection:query(query .. id)
  end
  result:free()
end

function thread_done()
  connection:disconnect()
end
