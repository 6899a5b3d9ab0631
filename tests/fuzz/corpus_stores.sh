#!/bin/sh
# tests/fuzz/corpus_stores.sh: makes seeds for fuzz_jks and fuzz_pkcs12 with a JDK's keytool and
# openssl 3: every kind of entry and of encryption, with one iteration each, in few bytes.
set -eu
cd "$(dirname "$0")/corpus"
mkdir -p jks pkcs12
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
data=../../unit/security/data

kt() { keytool -noprompt "$@" -storepass changeit 2>"$work/log" || { cat "$work/log"; exit 1; }; }
trust() { kt -importcert -file $data/ca.pem "$@"; }
pair() { kt -genkeypair -keyalg EC -groupname secp256r1 -dname CN=a -validity 36500 "$@"; }
p12() { openssl pkcs12 -export -passout pass:changeit -iter 1 -nomaciter "$@"; }
once="-J-Dkeystore.pkcs12.certPbeIterationCount=1 -J-Dkeystore.pkcs12.keyPbeIterationCount=1
  -J-Dkeystore.pkcs12.macIterationCount=1"
none="-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE"

rm -f jks/java_* pkcs12/java_* pkcs12/openssl_*
trust -keystore jks/java_trusted -storetype JKS -alias root
pair -keystore jks/java_both -storetype JKS -alias client
trust -keystore jks/java_both -alias root
cp $data/empty.jks jks/java_empty
cp $data/chain.jks jks/java_chain

# shellcheck disable=SC2086 # several arguments
{
  trust -keystore pkcs12/java_trusted -storetype PKCS12 -alias root $once
  trust -keystore pkcs12/java_open -storetype PKCS12 -alias root $once $none
  pair -keystore pkcs12/java_both -storetype PKCS12 -alias client $once $none
  trust -keystore pkcs12/java_both -alias root $once $none
  kt -importkeystore -srckeystore $data/chain.p12 -srcstorepass changeit \
    -destkeystore pkcs12/java_chain -deststoretype PKCS12 -deststorepass changeit $once
}
p12 -nokeys -in $data/ca.pem -out pkcs12/openssl_ca
p12 -nokeys -in $data/ca.pem -nomac -certpbe NONE -out pkcs12/openssl_ca_open
p12 -inkey $data/client_key.pem -in $data/client_chain.pem -name Client -legacy \
  -out pkcs12/openssl_legacy
p12 -inkey $data/client_key.pem -in $data/client_chain.pem -name Client -nomac -certpbe NONE \
  -out pkcs12/openssl_open
p12 -inkey $data/client_key.pem -in $data/client_chain.pem -name Client -nomac -certpbe NONE \
  -keypbe NONE -out pkcs12/openssl_open_key
openssl pkcs12 -export -passout pass: -iter 1 -nomaciter -inkey $data/client_key.pem \
  -in $data/client.pem -out pkcs12/openssl_no_password
chmod 644 pkcs12/*
