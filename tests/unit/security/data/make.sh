#!/bin/sh
# Makes the stores of the unit tests anew, with a JDK's keytool and openssl 3. All keys are for
# tests alone; every certificate lasts 100 years.
set -eu
export LC_ALL=C.UTF-8
cd "$(dirname "$0")"
rm -f ./*.jks ./*.jceks ./*.p12 ./*.pem ./*.der
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kt() { keytool -noprompt "$@" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }; }
pair() { # store, type, alias, password, more
  store=$1 type=$2 alias=$3 password=$4
  shift 4
  kt -genkeypair -keystore "$store" -storetype "$type" -alias "$alias" -storepass "$password" \
    -keyalg EC -groupname secp256r1 -dname "CN=$alias" -validity 36500 "$@"
}
trust() { # store, type, alias, password, certificate, more
  store=$1 type=$2 alias=$3 password=$4 file=$5
  shift 5
  kt -importcert -keystore "$store" -storetype "$type" -alias "$alias" -storepass "$password" \
    -file "$file" "$@"
}
legacy=-J-Dkeystore.pkcs12.legacy

# A CA and a client certificate of its own.
pair "$work/ca" PKCS12 ca changeit -ext bc=ca:true
kt -exportcert -rfc -keystore "$work/ca" -storepass changeit -alias ca -file ca.pem
kt -exportcert -keystore "$work/ca" -storepass changeit -alias ca -file ca.der
pair "$work/client" PKCS12 client changeit
kt -certreq -keystore "$work/client" -storepass changeit -alias client -file "$work/csr"
kt -gencert -rfc -keystore "$work/ca" -storepass changeit -alias ca -infile "$work/csr" \
  -outfile client.pem -validity 36500
cat client.pem ca.pem >client_chain.pem
kt -importcert -keystore "$work/client" -storepass changeit -alias client -file client_chain.pem \
  -trustcacerts
openssl pkcs12 -in "$work/client" -passin pass:changeit -nocerts -noenc 2>/dev/null |
  openssl pkcs8 -topk8 -nocrypt -out client_key.pem
openssl pkcs8 -topk8 -in client_key.pem -out client_key_encrypted.pem -v2 aes-256-cbc \
  -passout pass:keypass
openssl ec -in client_key.pem -out client_key_sec1.pem 2>"$work/log"

# JKS
trust trusted.jks JKS Root changeit ca.pem
trust trusted_cyrillic.jks JKS корень 'пароль😀' ca.pem
pair plain.jks JKS client storepass -keypass keypass
kt -importkeystore -srckeystore "$work/client" -srcstorepass changeit -destkeystore chain.jks \
  -deststoretype JKS -deststorepass changeit
pair two_keys.jks JKS zebra changeit
pair two_keys.jks JKS antelope changeit
trust empty.jks JKS gone changeit ca.pem
kt -delete -keystore empty.jks -storepass changeit -alias gone
trust empty.p12 PKCS12 gone changeit ca.pem
kt -delete -keystore empty.p12 -storepass changeit -alias gone
pair client.jceks JCEKS client changeit

# PKCS12 by Java
trust trusted.p12 PKCS12 Root changeit ca.pem
trust trusted_legacy.p12 PKCS12 Root changeit ca.pem "$legacy"
trust trusted_open.p12 PKCS12 Root changeit ca.pem -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE
kt -importkeystore -srckeystore "$work/client" -srcstorepass changeit -destkeystore chain.p12 \
  -deststoretype PKCS12 -deststorepass changeit
kt -importkeystore -srckeystore "$work/client" -srcstorepass changeit \
  -destkeystore chain_legacy.p12 -deststoretype PKCS12 -deststorepass changeit "$legacy"
kt -genkeypair -keystore rsa.p12 -storetype PKCS12 -alias client -storepass changeit \
  -keyalg RSA -keysize 2048 -dname CN=client -validity 36500

# PKCS12 by openssl
openssl pkcs12 -export -nokeys -in ca.pem -out openssl_ca.p12 -passout pass:changeit
openssl pkcs12 -export -legacy -inkey client_key.pem -in client_chain.pem -name Client \
  -out openssl_legacy.p12 -passout pass:changeit
openssl pkcs12 -export -inkey client_key.pem -in client_chain.pem -name Client \
  -out openssl_no_password.p12 -passout pass:
openssl pkcs12 -export -inkey client_key.pem -in client_chain.pem -name Client \
  -keypbe PBE-SHA1-3DES -certpbe NONE -nomac -out openssl_no_mac.p12 -passout pass:changeit
