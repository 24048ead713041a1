import assert from "node:assert/strict";
import { parseUuid } from "../../../../gateway/domain/uuid.ts";
import { type DestinationFacts, destinationUuid } from "../../../../scripts/rclonegwctl/destination_uuid.ts";

const LOCAL: DestinationFacts = {
  provider: "cluster",
  url: "webdav:http://10.5.4.1:4694",
  basepath: "",
  parameters: {},
};

Deno.test("the_same_storage_has_the_same_uuid_for_ever", () => {
  // Made independently, with Python's uuid.uuid5(NAMESPACE_URL, …). Where these change, destinations lose their uuid.
  assert.equal(destinationUuid(LOCAL), "d11986aa-642d-56db-93f6-aad5e3757551");
  assert.equal(
    destinationUuid({
      provider: "generic-s3",
      url: "s3:minio.example/bucket",
      basepath: "b",
      parameters: { region: "eu", endpoint: "https://minio.example" },
    }),
    "f6956b19-0e52-580d-a7b2-9833d2cf3787",
  );
});

Deno.test("it_is_a_version_5_uuid_in_canonical_form", () => {
  const id = destinationUuid(LOCAL);
  assert.equal(parseUuid(id), id);
  assert.equal(id[14], "5");
});

Deno.test("the_order_of_parameters_does_not_matter", () => {
  const facts = (parameters: Record<string, string>): string => destinationUuid({ ...LOCAL, parameters });
  assert.equal(facts({ a: "1", b: "2", B: "3" }), facts({ B: "3", b: "2", a: "1" }));
});

Deno.test("every_fact_makes_a_difference", () => {
  const ids = [
    LOCAL,
    { ...LOCAL, provider: "clusters" },
    { ...LOCAL, url: "webdav:http://10.5.4.10:4694" },
    { ...LOCAL, basepath: "x" },
    { ...LOCAL, parameters: { a: "1" } },
    { ...LOCAL, parameters: { a: "2" } },
    { ...LOCAL, parameters: { b: "1" } },
    { ...LOCAL, parameters: { a: "1", b: "" } },
  ].map(destinationUuid);
  assert.equal(new Set(ids).size, ids.length);
});
