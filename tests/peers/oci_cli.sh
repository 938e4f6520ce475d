#!/bin/bash
# Oracle's own command line tool against `adbctl sandbox serve`: a peer that nobody here wrote.
#
#   tests/peers/oci_cli.sh
#
# ADBCTL          the binary (default: target/debug/adbctl of this checkout)
# SANDBOX_SERVE   a whole command that serves DIR in place of "$ADBCTL sandbox serve --dir DIR --port 0 --speed 5"
# OCI_VENV        a Python environment with oci-cli in it, made there if it is missing (default: a temporary one)
. "$(dirname "$0")/common.sh"
venv=${OCI_VENV:-$work/venv}
python_with "$venv" "import oci_cli" oci-cli
if [ -n "${SANDBOX_SERVE:-}" ]; then
  # The variable is a whole command.
  # shellcheck disable=SC2086
  serve $SANDBOX_SERVE "$work/sandbox"
else
  serve "$adbctl" sandbox serve --dir "$work/sandbox" --port 0 --speed 5
fi

fact() { # fact PATH: a value of sandbox.json
  python3 -c 'import json,sys
v=json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."): v=v[k]
print(v)' "$work/sandbox/sandbox.json" "$1"
}
endpoint=$(fact oci_endpoint)
config=$(fact oci_config)
space=$(fact namespace)
bucket=$(fact bucket)
prod=$(fact databases.prod.ocid)
compartment=$(fact databases.dev.compartment)
export SUPPRESS_LABEL_WARNING=True OCI_CLI_RC_FILE=/dev/null
oci() { "$venv/bin/oci" --config-file "$config" --endpoint "$endpoint" "$@"; }
adb() { oci db autonomous-database "$@"; }

failures=0
is() { # is TITLE EXPECTED FOUND
  if [ "$2" = "$3" ]; then echo "ok    $1"; else echo "FAIL  $1: expected <$2>, found <$3>"; failures=$((failures + 1)); fi
}
refused() { # refused TITLE CODE COMMAND...: the service's code must be CODE
  local title=$1 code=$2; shift 2
  if "$@" >"$work/out" 2>&1; then is "$title" "$code" "no refusal"; return; fi
  is "$title" "$code" "$(grep -o "\"code\": \"[A-Za-z0-9]*\"" "$work/out" | head -1 | cut -d'"' -f4)"
}

is "list shows dev" DEV "$(adb list -c "$compartment" --query 'data[0]."db-name"' --raw-output)"
is "get shows prod" AVAILABLE "$(adb get --autonomous-database-id "$prod" --query 'data."lifecycle-state"' --raw-output)"
refused "an unknown database is not found" NotAuthorizedOrNotFound adb get --autonomous-database-id "${prod}x"
refused "a weak password is refused" InvalidParameter adb create-from-clone -c "$compartment" --source-id "$prod" \
  --clone-type FULL --db-name DEVTMP --admin-password short --compute-model ECPU --compute-count 4
refused "a name in use is refused" InvalidParameter adb create-from-clone -c "$compartment" --source-id "$prod" \
  --clone-type FULL --db-name DEV --admin-password Good-enough-1 --compute-model ECPU --compute-count 4

clone=$(adb create-from-clone -c "$compartment" --source-id "$prod" --clone-type FULL --db-name DEVTMP \
  --admin-password Good-enough-1 --compute-model ECPU --compute-count 4 --license-model LICENSE_INCLUDED \
  --subnet-id ocid1.subnet.oc1.uk-london-1.devexample --private-endpoint-label dev-tmp \
  --freeform-tags '{"adbctl-name": "dev-new"}' \
  --wait-for-state AVAILABLE --wait-interval-seconds 1 --query data.id --raw-output 2>/dev/null)
is "the clone has an OCID" ocid1.autonomousdatabase "$(echo "$clone" | cut -d. -f1,2)"
is "the clone is available" AVAILABLE "$(adb get --autonomous-database-id "$clone" --query 'data."lifecycle-state"' --raw-output)"
is "the clone knows its source" "$prod" "$(adb get --autonomous-database-id "$clone" --query 'data."source-id"' --raw-output)"
is "the clone is found in the list of clones" "$clone" "$(adb list-clones -c "$compartment" --autonomous-database-id "$prod" --query 'data[0].id' --raw-output)"

is "a rename is carried out" DEVNEW "$(adb update --autonomous-database-id "$clone" --db-name DEVNEW --force \
  --wait-for-state AVAILABLE --wait-interval-seconds 1 --query 'data."db-name"' --raw-output 2>/dev/null)"
refused "a rename with a new password is refused" InvalidParameter adb update --autonomous-database-id "$clone" \
  --db-name DEVTWO --admin-password Good-enough-2 --force
refused "another version is refused" NoEtagMatch adb update --autonomous-database-id "$clone" --db-name DEVTWO \
  --if-match not-this --force
is "stop" STOPPED "$(adb stop --autonomous-database-id "$clone" --wait-for-state STOPPED --wait-interval-seconds 1 \
  --query 'data."lifecycle-state"' --raw-output 2>/dev/null)"
refused "a stopped database cannot be stopped" IncorrectState adb stop --autonomous-database-id "$clone" --no-retry
is "start" AVAILABLE "$(adb start --autonomous-database-id "$clone" --wait-for-state AVAILABLE --wait-interval-seconds 1 \
  --query 'data."lifecycle-state"' --raw-output 2>/dev/null)"

adb generate-wallet --autonomous-database-id "$clone" --password Wallet-pass-1 --file "$work/wallet.zip" >/dev/null 2>&1
is "the wallet has nine files" 9 "$(python3 -c 'import zipfile,sys; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))' "$work/wallet.zip")"
is "the wallet names the services" yes "$(python3 -c 'import zipfile,sys
t=zipfile.ZipFile(sys.argv[1]).read("tnsnames.ora").decode()
print("yes" if "devnew_low =" in t and "devnew_tpurgent =" in t else "no")' "$work/wallet.zip")"
is "the wallet's key opens and shakes hands" TLSv1.2 "$(python3 - "$work/wallet.zip" <<'P'
import re, socket, ssl, sys, tempfile, zipfile
folder = tempfile.mkdtemp()
zipfile.ZipFile(sys.argv[1]).extractall(folder)
port = int(re.search(r"\(port=(\d+)\)", open(folder + "/tnsnames.ora").read()).group(1))
text = open(folder + "/ewallet.pem").read()
authority = "-----BEGIN CERTIFICATE-----" + text.split("-----BEGIN CERTIFICATE-----")[2]
context = ssl.create_default_context(cadata=authority)
context.load_cert_chain(folder + "/ewallet.pem", password="Wallet-pass-1")
with context.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost") as s:
    print(s.version())
P
)"

work_request=$(oci work-requests work-request list -c "$compartment" --resource-id "$clone" --query 'data[-1].id' --raw-output)
is "its work request succeeded" SUCCEEDED "$(oci work-requests work-request get --work-request-id "$work_request" --query data.status --raw-output)"
is "its work request is complete" 100.0 "$(oci work-requests work-request get --work-request-id "$work_request" --query 'data."percent-complete"' --raw-output)"
is "no errors" "" "$(oci work-requests work-request-error list --work-request-id "$work_request" --query 'data[0].code' --raw-output 2>/dev/null)"

backup=$(oci db autonomous-database-backup create --autonomous-database-id "$clone" --display-name kept \
  --is-long-term-backup true --retention-period-in-days 90 --wait-for-state ACTIVE --wait-interval-seconds 1 --query data.id --raw-output 2>/dev/null)
adb delete --autonomous-database-id "$clone" --force --wait-for-state SUCCEEDED --wait-interval-seconds 1 >/dev/null 2>&1
is "delete" TERMINATED "$(adb get --autonomous-database-id "$clone" --query 'data."lifecycle-state"' --raw-output)"
is "a long-term backup outlives its database" ACTIVE "$(oci db autonomous-database-backup get --autonomous-database-backup-id "$backup" --query 'data."lifecycle-state"' --raw-output)"

subnet=$(adb get --autonomous-database-id "$prod" --query 'data."subnet-id"' --raw-output)
is "the subnet knows its network" ocid1.vcn.oc1.uk-london-1.prodexample \
  "$(oci network subnet get --subnet-id "$subnet" --query 'data."vcn-id"' --raw-output)"
is "the subnet is read whole" "10.0.1.0/24 AVAILABLE" \
  "$(oci network subnet get --subnet-id "$subnet" --query 'join(`" "`, [data."cidr-block", data."lifecycle-state"])' --raw-output)"
refused "an unknown subnet is not found" NotAuthorizedOrNotFound oci network subnet get --subnet-id "${subnet}x"

is "namespace" "$space" "$(oci os ns get --query data --raw-output)"
printf 'hello from a peer\n' >"$work/in"
oci os object put -ns "$space" -bn "$bucket" --name 'folder/a b+c.txt' --file "$work/in" --content-type text/plain >/dev/null 2>&1
oci os object get -ns "$space" -bn "$bucket" --name 'folder/a b+c.txt' --file "$work/out" >/dev/null 2>&1
is "an object comes back as it went" "$(cksum <"$work/in")" "$(cksum <"$work/out")"
is "head" 18 "$(oci os object head -ns "$space" -bn "$bucket" --name 'folder/a b+c.txt' --query '"content-length"' --raw-output)"
is "list" 'folder/a b+c.txt' "$(oci os object list -ns "$space" -bn "$bucket" --prefix folder/ --query 'data[0].name' --raw-output)"
is "folders" folder/ "$(oci os object list -ns "$space" -bn "$bucket" --delimiter / --query 'prefixes[0]' --raw-output)"
refused "a put over another version" IfMatchFailed oci os object put -ns "$space" -bn "$bucket" \
  --name 'folder/a b+c.txt' --file "$work/in" --if-match not-this --force
oci os object get -ns "$space" -bn "$bucket" --name 'folder/a b+c.txt' --file "$work/out" --range bytes=6-9 >/dev/null 2>&1
is "a range" from "$(cat "$work/out")"
head -c 25000000 /dev/urandom >"$work/big"
oci os object put -ns "$space" -bn "$bucket" --name big --file "$work/big" --part-size 10 --parallel-upload-count 3 --force >/dev/null 2>&1
oci os object get -ns "$space" -bn "$bucket" --name big --file "$work/out" >/dev/null 2>&1
is "an object in parts comes back as it went" "$(cksum <"$work/big")" "$(cksum <"$work/out")"
put_summed() { oci os object put -ns "$space" -bn "$bucket" --force --opc-checksum-algorithm CRC32C "$@" >/dev/null 2>&1; }
crc32c() { oci os object head -ns "$space" -bn "$bucket" --name "$1" --query '"opc-content-crc32c"' --raw-output; }
put_summed --name summed --file "$work/in" --opc-content-crc32c IVzrpw==
is "a CRC-32C is kept" IVzrpw== "$(crc32c summed)"
refused "another CRC-32C" UnmatchedContentCRC32C oci os object put -ns "$space" -bn "$bucket" --name summed --file "$work/in" \
  --opc-checksum-algorithm CRC32C --opc-content-crc32c AAAAAA== --force
put_summed --name whole --file "$work/big" --no-multipart
put_summed --name parts --file "$work/big" --part-size 10
is "the CRC-32C of parts is that of the whole" "$(crc32c whole)" "$(crc32c parts)"
"$adbctl" --config "$(fact adbctl_config)" object get parts "$work/out" --force 2>"$work/err"
is "adbctl compares what the peer stored in parts" "yes $(cksum <"$work/big")" \
  "$(grep -q 'checksum right' "$work/err" && echo yes) $(cksum <"$work/out")"
oci os object rename -ns "$space" -bn "$bucket" --name big --new-name bigger >/dev/null 2>&1
oci os object delete -ns "$space" -bn "$bucket" --name bigger --force >/dev/null 2>&1
refused "a deleted object is gone" ObjectNotFound oci os object delete -ns "$space" -bn "$bucket" --name bigger --force
oci os object-lifecycle-policy put -ns "$space" -bn "$bucket" --force --items \
  '[{"name":"t","action":"DELETE","timeAmount":7,"timeUnit":"DAYS","isEnabled":true,"objectNameFilter":{"inclusionPrefixes":["temp/"]}}]' >/dev/null 2>&1
is "lifecycle policy" t "$(oci os object-lifecycle-policy get -ns "$space" -bn "$bucket" --query 'data.items[0].name' --raw-output)"

oci os bucket create -ns "$space" -c "$compartment" --name kept --versioning Enabled >/dev/null 2>&1
for text in first second; do
  printf '%s' "$text" >"$work/in"
  oci os object put -ns "$space" -bn kept --name o --file "$work/in" --force >/dev/null 2>&1
done
versions() { oci os object list-object-versions -ns "$space" -bn kept --query "$1" --raw-output; }
is "two versions" 2 "$(versions 'length(data)')"
oci os object get -ns "$space" -bn kept --name o --version-id "$(versions 'data[1]."version-id"')" --file "$work/out" >/dev/null 2>&1
is "the version before" first "$(cat "$work/out")"
oci os object delete -ns "$space" -bn kept --name o --force >/dev/null 2>&1
is "a delete leaves a marker" true "$(versions 'data[0]."is-delete-marker"')"
oci os object delete -ns "$space" -bn kept --name o --version-id "$(versions 'data[0]."version-id"')" --force >/dev/null 2>&1
oci os object get -ns "$space" -bn kept --name o --file "$work/out" >/dev/null 2>&1
is "without the marker the object is back" second "$(cat "$work/out")"
policy=$(oci os replication create-replication-policy -ns "$space" -bn kept --name copy --destination-region uk-cardiff-1 \
  --destination-bucket copies --query data.id --raw-output 2>/dev/null)
is "a replication policy" ACTIVE "$(oci os replication get-replication-policy -ns "$space" -bn kept --replication-id "$policy" --query data.status --raw-output)"
refused "a region without a subscription" InvalidParameter oci os replication create-replication-policy -ns "$space" -bn kept \
  --name copy --destination-region us-ashburn-1 --destination-bucket copies
oci os replication delete-replication-policy -ns "$space" -bn kept --replication-id "$policy" --force >/dev/null 2>&1
refused "an ended policy is gone" ReplicationPolicyNotFound oci os replication get-replication-policy -ns "$space" -bn kept --replication-id "$policy"

user=$(sed -n 's/^user=//p' "$config" | head -1)
token=$(oci iam auth-token create --user-id "$user" --description 'from a peer' --query data.id --raw-output)
is "auth tokens" 2 "$(oci iam auth-token list --user-id "$user" --query 'length(data)' --raw-output)"
refused "a third auth token" LimitExceeded oci iam auth-token create --user-id "$user" --description 'one too many'
oci iam auth-token delete --user-id "$user" --auth-token-id "$token" --force >/dev/null 2>&1
is "an auth token less" 1 "$(oci iam auth-token list --user-id "$user" --query 'length(data)' --raw-output)"

secret=$(oci vault secret list -c "$compartment" --query 'data[0].id' --raw-output)
is "a secret's value is base64" BASE64 "$(oci secrets secret-bundle get --secret-id "$secret" --query 'data."secret-bundle-content"."content-type"' --raw-output)"
vault=$(oci vault secret list -c "$compartment" --query 'data[0]."vault-id"' --raw-output)
key=$(oci vault secret list -c "$compartment" --query 'data[0]."key-id"' --raw-output)
made=$(oci vault secret create-base64 -c "$compartment" --secret-name made-by-peer --vault-id "$vault" --key-id "$key" \
  --secret-content-content "$(printf 'first' | base64)" --query data.id --raw-output)
oci vault secret update-base64 --secret-id "$made" --secret-content-content "$(printf 'second' | base64)" >/dev/null
is "a secret by name" second "$(oci secrets secret-bundle get-secret-bundle-by-name --secret-name made-by-peer --vault-id "$vault" \
  --query 'data."secret-bundle-content".content' --raw-output | base64 -d)"
is "the version before" first "$(oci secrets secret-bundle get --secret-id "$made" --stage PREVIOUS \
  --query 'data."secret-bundle-content".content' --raw-output | base64 -d)"

is "a session token is good" DEV "$(oci --profile SESSION --auth security_token db autonomous-database list -c "$compartment" --lifecycle-state AVAILABLE --query 'data[0]."db-name"' --raw-output)"
sed 's/^fingerprint=..:/fingerprint=00:/' "$config" >"$work/config" && chmod 600 "$work/config"
refused "another key is refused" NotAuthenticated "$venv/bin/oci" --config-file "$work/config" --endpoint "$endpoint" \
  db autonomous-database list -c "$compartment"

is "the instance's identity is good" DEV "$(OCI_METADATA_BASE_URL=$endpoint/opc/v2 "$venv/bin/python" - "$endpoint" "$compartment" <<'P'
import sys
import oci
from oci.auth.signers import InstancePrincipalsSecurityTokenSigner
endpoint, compartment = sys.argv[1:]
signer = InstancePrincipalsSecurityTokenSigner(federation_endpoint=endpoint + "/v1/x509")
client = oci.database.DatabaseClient({}, signer=signer, service_endpoint=endpoint)
print(client.list_autonomous_databases(compartment_id=compartment, lifecycle_state="AVAILABLE").data[0].db_name)
P
)"

[ "$failures" = 0 ] && echo "all good" || { echo "$failures failed"; exit 1; }
