-- sysbench: one row by its key, uniform over --rows.
sysbench.cmdline.options = {rows = {"keys", 10000}}

function thread_init()
  connection = sysbench.sql.driver():connect()
end

function event()
  connection:query("SELECT c FROM points WHERE id = " .. sysbench.rand.uniform(0, sysbench.opt.rows - 1)):free()
end

function thread_done()
  connection:disconnect()
end
