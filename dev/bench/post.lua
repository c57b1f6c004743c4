-- For wrk: posts the body of a file, each time with a number of its own, and prints the figures as one line of JSON.
-- Arguments: the file, the text to replace, the first number.

local before, place, after = {}, nil, nil
local number = 0
local headers = {["Content-Type"] = "application/json"}

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  place, number = arguments[2], tonumber(arguments[3])
  local from = 1
  while true do
    local found = string.find(body, place, from, true)
    if not found then break end
    before[#before + 1] = string.sub(body, from, found - 1)
    from = found + #place
  end
  after = string.sub(body, from)
end

function request()
  number = number + 1
  local own = string.format("%.0f", number)
  return wrk.format("POST", nil, headers, table.concat(before, own) .. own .. after)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "micros": %d, "refused": %d, "broken": %d, "p50": %d, "p95": %d, "p99": %d, "max": %d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max))
end
