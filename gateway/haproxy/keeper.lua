-- Questions to the keeper (gateway/keeper.ts), all about a destination's rclone, none about permission:
--   ready    before a request is passed on: is the server there? A destination's rclone starts at first use.
--   absent   before a module uploads what a repository cannot be opened without: is there nothing of that name yet?
--            And before anybody uploads a lock: the same, and whose it is to be is put on record.
--   unlock   after a lock was removed.
--   failed   after an answer that says that the storage failed.
--   stored   after an append-only server has refused an upload: is it because the very same object is stored?
--   missing  after WebDAV's 404 or 405: is there nothing, or does the storage fail?
-- They go over plain core.tcp: the HTTP client belongs to the sidecar alone (see authz.lua).

local KEEPER = "unix@/run/gateway/controller/keeper.sock"
local INSTANCES = "/run/gateway/rclone/"
-- Longer than the keeper waits for a storage (LOOKUP_TIMEOUT_MS in gateway/rclone/rest_servers.ts), and that is longer than a
-- client waits: what a slow storage answers in time gets through, and what one does not is the keeper's to say.
local ANSWER_TIMEOUT_S = 7 * 60

-- Sends one request and returns the answer's status and body, or nothing.
local function ask(method, path, headers)
    local socket = core.tcp()
    socket:settimeout(ANSWER_TIMEOUT_S)
    if not socket:connect(KEEPER) then
        return nil
    end
    socket:send(method .. " " .. path .. " HTTP/1.0\r\nhost: keeper\r\n" .. (headers or "") .. "\r\n")
    local answer = socket:receive("*a")
    socket:close()
    if not answer then
        return nil
    end
    local status, body = answer:match("^HTTP/1%.%d (%d%d%d).-\r\n\r\n(.*)$")
    return tonumber(status), body
end

-- When a server was last seen to accept connections, by socket path, in this thread.
local seen = {}

local function accepts(path)
    local now = core.now().sec
    if seen[path] == now then
        return true
    end
    local socket = core.tcp()
    socket:settimeout(5)
    local connected = socket:connect("unix@" .. path)
    socket:close()
    if connected then
        seen[path] = now
    end
    return connected
end

core.register_action("ready", { "http-req" }, function(txn)
    txn:set_var("txn.ready", "no")
    txn:set_var("txn.message", "the gateway is not ready to serve this destination yet; try again")
    local instance = txn:get_var("txn.instance")
    local server = txn:get_var("txn.server")
    if accepts(INSTANCES .. instance .. "/" .. server .. ".sock") then
        txn:set_var("txn.ready", "yes")
        txn:set_var("sess.ready", txn:get_var("txn.backend"))
        txn:set_var("sess.ready_at", core.now().sec)
        return
    end
    local status, body = ask("POST", "/ready/" .. instance .. "/" .. server)
    if status == 204 then
        txn:set_var("txn.ready", "yes")
    elseif body and body ~= "" then
        txn:set_var("txn.message", body)
    end
end)

-- What the keeper says about the object that is being uploaded, compared by its size.
local function compare(txn, method, question, headers)
    return ask(
        method,
        "/" .. question .. "/" .. txn:get_var("txn.instance") .. "/" .. (txn:get_var("txn.length") or "-")
            .. txn:get_var("txn.path"),
        headers
    )
end

core.register_action("absent", { "http-req" }, function(txn)
    txn:set_var("txn.absent", "503")
    txn:set_var("txn.message", "whether this object is stored already cannot be told at the moment; try again")
    local status, body
    if txn:get_var("txn.lookup") == "lock" then
        -- Both are the sidecar's words, not the client's.
        status, body = compare(txn, "POST", "lock", "x-gateway-identity: " .. txn:get_var("txn.identity")
            .. "\r\nx-gateway-reason: " .. txn:get_var("txn.reason") .. "\r\ncontent-length: 0\r\n")
    else
        status, body = compare(txn, "GET", "absent")
    end
    if status == 204 or status == 200 or status == 403 then
        txn:set_var("txn.absent", tostring(status))
    end
    if body and body ~= "" then
        txn:set_var("txn.message", body)
    end
end)

core.register_action("unlock", { "http-res" }, function(txn)
    compare(txn, "DELETE", "lock")
end)

core.register_action("stored", { "http-res" }, function(txn)
    txn:set_var("txn.stored", "503")
    local status = compare(txn, "GET", "stored")
    if status == 200 or status == 403 then
        txn:set_var("txn.stored", tostring(status))
    end
end)

-- Where the keeper does not answer, it cannot be told either.
core.register_action("missing", { "http-res" }, function(txn)
    local status = compare(txn, "GET", "missing")
    txn:set_var("txn.missing", tostring(status or 503))
end)

-- When the keeper was last told that an instance's storage fails, in this thread: once a second is enough.
local told = {}

core.register_action("failed", { "http-res" }, function(txn)
    local instance = txn:get_var("txn.instance")
    local now = core.now().sec
    if told[instance] ~= now then
        told[instance] = now
        ask("POST", "/failed/" .. instance, "content-length: 0\r\n")
    end
end)
