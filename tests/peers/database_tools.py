"""What Oracle's Python SDK finds at the sandbox's Database Tools service. Called by database_tools.sh with the sandbox's directory."""
import base64
import json
import sys

import oci
from oci.database_tools import DatabaseToolsClient, DatabaseToolsClientCompositeOperations
from oci.database_tools import models as control
from oci.database_tools_runtime import DatabaseToolsRuntimeClient
from oci.database_tools_runtime import models as runtime

FACTS = json.load(open(sys.argv[1] + "/sandbox.json"))
DEV = FACTS["databases"]["dev"]
CONFIG = oci.config.from_file(FACTS["oci_config"])
END = FACTS["oci_endpoint"]

failures = 0


def same(title, wanted, found):
    global failures
    if wanted == found:
        print(f"ok    {title}", flush=True)
    else:
        print(f"FAIL  {title}: expected <{wanted!r}>, found <{str(found)[:300]!r}>", flush=True)
        failures += 1


def refused(title, status, code, act):
    try:
        act()
    except oci.exceptions.ServiceError as error:
        same(title, (status, code), (error.status, error.code))
    else:
        same(title, (status, code), "no refusal")


NEVER = {"retry_strategy": oci.retry.NoneRetryStrategy()}
connections = DatabaseToolsClient(CONFIG, service_endpoint=END)
waiting = DatabaseToolsClientCompositeOperations(connections)
sql = DatabaseToolsRuntimeClient(CONFIG, service_endpoint=END)


def run(connection, text, **more):
    details = runtime.ExecuteSqlDatabaseToolsConnectionSynchronousDetails(
        input=runtime.ExecuteSqlInputStandardDetails(statement_text=text, **more))
    return sql.execute_sql_database_tools_connection(connection, details, **NEVER).data


own = connections.get_database_tools_connection(DEV["tools_connection"]).data
same("the sample connection is active", "ACTIVE", own.lifecycle_state)
same("its type has a model of its own", control.DatabaseToolsConnectionOracleDatabase, type(own))
same("it leads to dev", DEV["ocid"], own.related_resource.identifier)
same("its password is a secret", "SECRETID", own.user_password.value_type)
listed = connections.list_database_tools_connections(DEV["compartment"], related_resource_identifier=DEV["ocid"]).data
same("it is found by its database", [own.id], [row.id for row in listed.items])

rows, offset = [], 0
while True:
    page = run(own.id, "select level as n, 'row ' || level as word from dual connect by level <= 25 order by 1", limit=10, offset=offset)
    result = page.items[0].result_set
    rows += result.items
    offset += result.count
    if not result.has_more:
        break
same("a query over three pages", [(n, f"row {n}") for n in range(1, 26)], [(row["n"], row["word"]) for row in rows])
same("its columns", [("N", "n", "NUMBER"), ("WORD", "word", "VARCHAR2")],
     [(c.database_column_name, c.unique_column_name, c.column_type_name) for c in result.metadata])
same("the answer's type", "STANDARD", page.type)
same("the statement's type", "QUERY", page.items[0].statement_type)
same("all rows at once", 10050, run(own.id, "select level as n from dual connect by level <= 10050", limit=-1).items[0].result_set.count)

bind = runtime.ExecuteSqlBind
block = run(own.id, """begin
  dbms_output.enable(null);
  dbms_output.put_line('one');
  dbms_output.put_line('two');
  :word := upper(:word);
  :total := :part * 2;
  :nothing := null;
end;""", binds=[
    bind(name="word", data_type="VARCHAR2", mode="INOUT", values=["Größe 数据"]),
    bind(name="part", data_type="NUMBER", mode="IN", values=[20.75]),
    bind(name="total", data_type="NUMBER", mode="OUT"),
    bind(name="nothing", data_type="CLOB", mode="INOUT", values=["x"]),
]).items[0]
same("binds come out", {"word": ["GRÖSSE 数据"], "total": [41.5], "nothing": [None]},
     {b.name: b.results for b in block.binds if b.mode != "IN"} | {})
same("DBMS_OUTPUT", "one\ntwo\n", block.dbms_output)
same("a block's type", "PLSQL", block.statement_type)
changed = run(own.id, "update sales.customers set status = status where rownum <= 3")
same("rows that were changed are counted", ([3], None), (changed.items[0].results, changed.items[0].error))

missing = run(own.id, "select * from nowhere_at_all").items[0].error
same("an error has its code", 942, missing.error_code)
same("and its place", (1, True), (missing.error_line, "ORA-00942" in missing.error_message))
stack = run(own.id, "begin\n  null;\n  raise_application_error(-20042, 'as asked');\nend;").items[0].error
same("a block's error", (20042, True), (stack.error_code, "ORA-06512: at line 3" in stack.error_details))
short = run(own.id, "select 1 as one from dual", response_format=runtime.ExecuteSqlResponseFormat(statement_text=False, result_set_meta_data=False))
same("parts can be left out", (None, None), (short.items[0].statement_text, short.items[0].result_set.metadata))
same("two statements", ["DDL", "QUERY"], [item.statement_type for item in run(own.id, "create table peer_t (n number);\nselect n from peer_t;").items])

place = runtime.ExecuteSqlObjectStorageLocation(namespace=FACTS["namespace"], bucket_name=FACTS["bucket"], object_name="peer/answer.json")
accepted = sql.execute_sql_database_tools_connection(own.id, runtime.ExecuteSqlDatabaseToolsConnectionAsynchronousDetails(
    input=runtime.ExecuteSqlAsynchronousInputInlineDetails(content=runtime.ExecuteSqlInputStandardDetails(statement_text="select 6 * 7 as n from dual")),
    output=runtime.ExecuteSqlOutputObjectStorageDetails(object=place)), **NEVER)
work = oci.wait_until(sql, sql.get_work_request(accepted.headers["opc-work-request-id"]), "status", "SUCCEEDED", max_wait_seconds=30).data
same("an answer that is not waited for has a work request", "EXECUTE_SQL", work.operation_type)
storage = oci.object_storage.ObjectStorageClient(CONFIG, service_endpoint=END)
stored = json.loads(storage.get_object(place.namespace, place.bucket_name, place.object_name).data.content)
same("and goes to the bucket", [{"n": 42}], stored["items"][0]["resultSet"]["items"])

vault = oci.vault.VaultsClient(CONFIG, service_endpoint=END)
kept = vault.list_secrets(DEV["compartment"]).data[0]
wrong = vault.create_secret(oci.vault.models.CreateSecretDetails(
    compartment_id=DEV["compartment"], vault_id=kept.vault_id, key_id=kept.key_id, secret_name="peer-wrong",
    secret_content=oci.vault.models.Base64SecretContentDetails(content=base64.b64encode(b"Wrong-password-1").decode()))).data
made = waiting.create_database_tools_connection_and_wait_for_state(control.CreateDatabaseToolsConnectionOracleDatabaseDetails(
    display_name="peer", compartment_id=DEV["compartment"],
    related_resource=control.CreateDatabaseToolsRelatedResourceDetails(entity_type="AUTONOMOUSDATABASE", identifier=DEV["ocid"]),
    connection_string=own.connection_string, user_name="ADMIN", private_endpoint_id=own.private_endpoint_id,
    key_stores=[control.DatabaseToolsKeyStoreDetails(key_store_type="SSO", key_store_content=control.DatabaseToolsKeyStoreContentSecretIdDetails(
        secret_id=own.key_stores[0].key_store_content.secret_id))],
    user_password=control.DatabaseToolsUserPasswordSecretIdDetails(secret_id=wrong.id)), ["SUCCEEDED"]).data
peer = made.resources[0].identifier if hasattr(made, "resources") else made.id
refused("a wrong password", 400, "DatabaseConnectionFailed", lambda: run(peer, "select 1 from dual"))
right = control.UpdateDatabaseToolsConnectionOracleDatabaseDetails(
    user_password=control.DatabaseToolsUserPasswordSecretIdDetails(secret_id=own.user_password.secret_id))
waiting.update_database_tools_connection_and_wait_for_state(peer, right, ["SUCCEEDED"])
same("and the right one", [{"user": "ADMIN"}], run(peer, 'select user as "user" from dual').items[0].result_set.items)
waiting.delete_database_tools_connection_and_wait_for_state(peer, ["SUCCEEDED"])
same("a deleted connection", "DELETED", connections.get_database_tools_connection(peer).data.lifecycle_state)
refused("runs nothing", 404, "NotAuthorizedOrNotFound", lambda: run(peer, "select 1 from dual"))

print(f"{failures} failures" if failures else "all as expected")
sys.exit(1 if failures else 0)
