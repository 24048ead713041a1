-- Carries the question "may this request?" to the sidecar and its answer back. It decides nothing.
--
-- Deny first: the verdict is "no" before the question, and exactly one line below says "yes".
-- The client has one target for the life of the process: HAProxy keeps its connections only to the first one
-- (and up to 2.6 sent a question over a connection that was made to another unix socket, haproxy issue 2765).
-- The answer carries the id of the question, so that an answer to somebody else's is noticed.

local SIDECAR = "unix@/run/gateway/authz/authz.sock"
-- As long as the sidecar itself waits for a large reply of Redis that keeps coming in (authz/vouching.ts).
local TIMEOUT_MS = 5000

-- Request headers the sidecar judges by. Several values of one header travel as one, joined by commas (RFC 9110, 5.3): HAProxy
-- does not count the headers of a question (seen on 3.0.11): a hundred of them would be written past the end of its table.
local CARRIED = { "authorization", "accept", "depth", "destination", "content-length" }

local function first(response, name)
    local values = response.headers and response.headers[name]
    return values and values[0]
end

local function unavailable(txn)
    txn:set_var("txn.status", "503")
    txn:set_var("txn.retry", "2")
    txn:set_var("txn.reason", "sidecar-unavailable")
    txn:set_var("txn.message", "who may do what cannot be resolved at the moment; try again")
end

local function ask(txn)
    txn:set_var("txn.verdict", "no")
    unavailable(txn)

    local id = txn:get_var("txn.id")
    local question = {
        ["x-gateway-id"] = { id },
        ["x-gateway-method"] = { txn.f:method() },
        ["x-gateway-target"] = { txn.f:url() },
        ["x-gateway-source"] = { tostring(txn.f:src()) },
    }
    local headers = txn.http:req_get_headers()
    for _, name in ipairs(CARRIED) do
        local values = headers[name]
        if values then
            local carried = {}
            local index = 0
            while values[index] do
                carried[index + 1] = values[index]
                index = index + 1
            end
            question["x-gateway-" .. name] = { table.concat(carried, ", ") }
        end
    end

    local response = core.httpclient():get({
        url = "http://authz/decide",
        dst = SIDECAR,
        headers = question,
        timeout = TIMEOUT_MS,
    })
    if not response or response.status ~= 200 or first(response, "x-gateway-id") ~= id then
        return
    end

    local verdict = first(response, "x-gateway-verdict")
    if verdict == "no" then
        local status = first(response, "x-gateway-status")
        if status then
            txn:set_var("txn.status", status)
            txn:set_var("txn.reason", first(response, "x-gateway-reason") or "")
            txn:set_var("txn.message", first(response, "x-gateway-message") or "")
            txn:set_var("txn.retry", first(response, "x-gateway-retry") or "2")
        end
        return
    end

    local server = first(response, "x-gateway-server")
    local destination = first(response, "x-gateway-destination")
    if verdict == "yes" and server and destination then
        txn:set_var("txn.server", server)
        txn:set_var("txn.destination", destination)
        txn:set_var("txn.lookup", first(response, "x-gateway-lookup") or "absent")
        txn:set_var("txn.identity", first(response, "x-gateway-identity") or "")
        txn:set_var("txn.reason", first(response, "x-gateway-reason") or "")
        txn:set_var("txn.verdict", "yes")
        -- Where it holds for more than this request: base.cfg remembers it.
        local generation = first(response, "x-gateway-generation")
        if generation then
            txn:set_var("txn.generation", generation)
            txn:set_var("txn.holds_kind", first(response, "x-gateway-holds-kind") or "")
            txn:set_var("txn.holds", first(response, "x-gateway-holds"))
        end
    end
end

core.register_action("authz", { "http-req" }, function(txn)
    local ok = pcall(ask, txn)
    if not ok then
        txn:set_var("txn.verdict", "no")
        unavailable(txn)
    end
end)
