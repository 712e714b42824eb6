PRAGMA application_id=1196444487;
PRAGMA user_version=10300;
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE ems_about (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, store_id TEXT NOT NULL, format_version INTEGER NOT NULL,
  created_at DATETIME NOT NULL);
CREATE TABLE ems_definition (
  layer TEXT NOT NULL, seq INTEGER NOT NULL, sha256 TEXT NOT NULL, text TEXT NOT NULL, json TEXT NOT NULL,
  PRIMARY KEY (layer, seq));
CREATE TABLE ems_change_log (
  entry INTEGER PRIMARY KEY NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, principal TEXT NOT NULL,
  origin TEXT NOT NULL, layer TEXT NOT NULL, op TEXT NOT NULL, id TEXT, note TEXT NOT NULL, before TEXT,
  after_sha256 TEXT, seal TEXT NOT NULL);
CREATE TABLE ems_before_image (
  seq INTEGER NOT NULL, layer TEXT NOT NULL, id TEXT NOT NULL, before TEXT NOT NULL, PRIMARY KEY (seq, layer, id));
CREATE TABLE ems_idempotency (
  key TEXT PRIMARY KEY NOT NULL, request_sha256 TEXT NOT NULL, seq INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE ems_actor (one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1), actor TEXT);
CREATE TABLE ems_foreign_edit (
  n INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  layer TEXT NOT NULL, op TEXT NOT NULL, fid INTEGER, old_fid INTEGER, old_id TEXT);
CREATE TABLE ems_row_digest (
  seq INTEGER NOT NULL, layer TEXT NOT NULL, digests BLOB NOT NULL, PRIMARY KEY (seq, layer));
CREATE TABLE ems_last_good (
  layer TEXT NOT NULL, fid INTEGER NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, image TEXT NOT NULL,
  PRIMARY KEY (layer, fid));
CREATE TABLE ems_restoration (
  n INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at TEXT NOT NULL, incarnation TEXT NOT NULL, seq INTEGER NOT NULL,
  backup_sha256 TEXT NOT NULL);
CREATE TABLE ems_import_image (
  layer TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, mark TEXT NOT NULL, said TEXT NOT NULL,
  PRIMARY KEY (layer, id, seq)) WITHOUT ROWID;
CREATE TABLE ems_position (
  n INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, team_id TEXT NOT NULL, fix_time INTEGER NOT NULL,
  device_id TEXT NOT NULL, received_at INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL, accuracy REAL,
  speed REAL, bearing REAL, altitude REAL, source TEXT NOT NULL, jump INTEGER NOT NULL,
  UNIQUE (team_id, fix_time, device_id));
CREATE TABLE ems_device_key (
  id TEXT PRIMARY KEY NOT NULL, key_sha256 TEXT NOT NULL UNIQUE, team_id TEXT NOT NULL, name TEXT NOT NULL,
  created_at TEXT NOT NULL, revoked_at TEXT);
CREATE TABLE "shelters" (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY,
  id TEXT NOT NULL UNIQUE DEFAULT ('new-' || lower(hex(randomblob(8)))), rev INTEGER NOT NULL DEFAULT 0, "name" TEXT, "capacity_persons" INTEGER, "usable_area_m2" REAL, "heated" BOOLEAN, "surveyed_on" DATE, "opened_at" DATETIME, "status" TEXT, "suitable_for" TEXT, "phone" TEXT);
CREATE VIRTUAL TABLE "rtree_shelters_geom" USING rtree(id, minx, maxx, miny, maxy);
CREATE TABLE "ems_foreign_before_shelters" (n INTEGER PRIMARY KEY NOT NULL, fid INTEGER, geom BLOB, id TEXT, rev INTEGER, "name" TEXT, "capacity_persons" INTEGER, "usable_area_m2" REAL, "heated" BOOLEAN, "surveyed_on" DATE, "opened_at" DATETIME, "status" TEXT, "suitable_for" TEXT, "phone" TEXT);
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
CREATE TABLE "response_teams" (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POINT,
  id TEXT NOT NULL UNIQUE DEFAULT ('new-' || lower(hex(randomblob(8)))), rev INTEGER NOT NULL DEFAULT 0, "name" TEXT, "status" TEXT);
CREATE VIRTUAL TABLE "rtree_response_teams_geom" USING rtree(id, minx, maxx, miny, maxy);
CREATE TABLE "ems_foreign_before_response_teams" (n INTEGER PRIMARY KEY NOT NULL, fid INTEGER, geom BLOB, id TEXT, rev INTEGER, "name" TEXT, "status" TEXT);
CREATE TABLE "supply_depots" (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POINT,
  id TEXT NOT NULL UNIQUE DEFAULT ('new-' || lower(hex(randomblob(8)))), rev INTEGER NOT NULL DEFAULT 0, "name" TEXT);
CREATE VIRTUAL TABLE "rtree_supply_depots_geom" USING rtree(id, minx, maxx, miny, maxy);
CREATE TABLE "ems_foreign_before_supply_depots" (n INTEGER PRIMARY KEY NOT NULL, fid INTEGER, geom BLOB, id TEXT, rev INTEGER, "name" TEXT);
CREATE TABLE "supply_depots__stock" (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, parent_id TEXT NOT NULL, line INTEGER NOT NULL DEFAULT 0, "item" TEXT, "quantity" REAL);
INSERT INTO "gpkg_spatial_ref_sys" VALUES ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined cartesian coordinates');
INSERT INTO "gpkg_spatial_ref_sys" VALUES ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinates');
INSERT INTO "gpkg_spatial_ref_sys" VALUES ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]', 'longitude and latitude in degrees');
INSERT INTO "gpkg_contents" VALUES ('ems_about', 'attributes', 'ems_about', 'the store of geo_ems', '2026-07-01T12:00:00.000Z', NULL, NULL, NULL, NULL, NULL);
INSERT INTO "gpkg_contents" VALUES ('shelters', 'features', 'shelters', 'shelters_图层', '2026-07-01T12:00:00.000Z', 113.5, 24.75, 113.5, 24.75, 4326);
INSERT INTO "gpkg_contents" VALUES ('layer_styles', 'attributes', 'layer_styles', '', '2026-07-01T12:00:00.000Z', NULL, NULL, NULL, NULL, NULL);
INSERT INTO "gpkg_contents" VALUES ('response_teams', 'features', 'response_teams', 'response_teams_图层', '2026-07-01T12:00:00.000Z', 113.5, 24.75, 113.65000152587891, 24.75, 4326);
INSERT INTO "gpkg_contents" VALUES ('supply_depots', 'features', 'supply_depots', 'supply_depots_图层', '2026-07-01T12:00:00.000Z', NULL, NULL, NULL, NULL, 4326);
INSERT INTO "gpkg_contents" VALUES ('supply_depots__stock', 'attributes', 'supply_depots__stock', '库存', '2026-07-01T12:00:00.000Z', NULL, NULL, NULL, NULL, NULL);
INSERT INTO "gpkg_geometry_columns" VALUES ('shelters', 'geom', 'GEOMETRY', 4326, 0, 0);
INSERT INTO "gpkg_geometry_columns" VALUES ('response_teams', 'geom', 'POINT', 4326, 0, 0);
INSERT INTO "gpkg_geometry_columns" VALUES ('supply_depots', 'geom', 'POINT', 4326, 0, 0);
INSERT INTO "gpkg_extensions" VALUES ('ems_definition', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_change_log', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_before_image', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_idempotency', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_actor', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_foreign_edit', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_row_digest', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_last_good', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_restoration', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_import_image', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_position', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('ems_device_key', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('shelters', 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');
INSERT INTO "gpkg_extensions" VALUES ('ems_foreign_before_shelters', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('gpkg_data_column_constraints', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('response_teams', 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');
INSERT INTO "gpkg_extensions" VALUES ('ems_foreign_before_response_teams', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "gpkg_extensions" VALUES ('supply_depots', 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');
INSERT INTO "gpkg_extensions" VALUES ('ems_foreign_before_supply_depots', NULL, 'ems_store', 'Change log and bookkeeping of geo_ems; other programs need not read it and must not change it', 'read-write');
INSERT INTO "ems_about" VALUES (1, '0001', 3, '2026-07-01T12:00:00.000Z');
INSERT INTO "ems_definition" VALUES ('shelters', 1, '5e1f', 'name = "shelters"', '{"name":"shelters","label":{"zh":"shelters_图层","en":"shelters"},"geometry":["Point","Polygon","MultiPolygon"],"fields":{"name":{"name":"name","type":"text","label":{"zh":"name_字段","en":"name"},"required":true,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":100,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"capacity_persons":{"name":"capacity_persons","type":"integer","label":{"zh":"capacity_persons_字段","en":"capacity_persons"},"required":false,"private":false,"unit":{"code":"person","suffix":"_persons","quantity":"persons","per_base":1.0,"symbol":{"zh":"人","en":"person"},"spellings":["persons","people","名"]},"minimum":0,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"usable_area_m2":{"name":"usable_area_m2","type":"real","label":{"zh":"usable_area_m2_字段","en":"usable_area_m2"},"required":false,"private":false,"unit":{"code":"m2","suffix":"_m2","quantity":"area","per_base":1.0,"symbol":{"zh":"平方米","en":"m2"},"spellings":["㎡","m²","平米"]},"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"heated":{"name":"heated","type":"boolean","label":{"zh":"heated_字段","en":"heated"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"surveyed_on":{"name":"surveyed_on","type":"date","label":{"zh":"surveyed_on_字段","en":"surveyed_on"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"opened_at":{"name":"opened_at","type":"datetime","label":{"zh":"opened_at_字段","en":"opened_at"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"status":{"name":"status","type":"code","label":{"zh":"status_字段","en":"status"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{"open":{"code":"open","label":{"zh":"开放","en":"open"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null},"standby":{"code":"standby","label":{"zh":"备用","en":"standby"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null},"closed":{"code":"closed","label":{"zh":"关闭","en":"closed"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null}},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"suitable_for":{"name":"suitable_for","type":"codes","label":{"zh":"suitable_for_字段","en":"suitable_for"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{"flood":{"code":"flood","label":{"zh":"防汛","en":"flood"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null},"earthquake":{"code":"earthquake","label":{"zh":"抗震","en":"earthquake"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null},"fire":{"code":"fire","label":{"zh":"火灾","en":"fire"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null}},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"phone":{"name":"phone","type":"phone","label":{"zh":"phone_字段","en":"phone"},"required":false,"private":true,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null}},"symbol":{"shape":"circle","colour":"#123456","glyph":"","fill":null},"title":null,"description":null,"key":"code","id_prefix":"S","name_field":"name","role":"other","status_field":null,"retired_code":null,"observed_field":null,"summary_fields":[],"contact_fields":[],"weight_field":null,"children":{},"stock":null,"position":null,"capacity":null,"synonyms_lon":[],"synonyms_lat":[],"synonyms_lonlat":[],"synonyms_latlon":[],"published":true,"text":"","sha256":"5e1f","source":""}');
INSERT INTO "ems_definition" VALUES ('response_teams', 2, '', '', '{"name":"response_teams","label":{"zh":"response_teams_图层","en":"response_teams"},"geometry":["Point"],"fields":{"name":{"name":"name","type":"text","label":{"zh":"name_字段","en":"name"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"status":{"name":"status","type":"code","label":{"zh":"status_字段","en":"status"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{"open":{"code":"open","label":{"zh":"开放","en":"open"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null},"standby":{"code":"standby","label":{"zh":"备用","en":"standby"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null},"closed":{"code":"closed","label":{"zh":"关闭","en":"closed"},"synonyms":[],"availability":null,"reason":null,"planned":false,"order":0,"unit":null}},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null}},"symbol":{"shape":"circle","colour":"#123456","glyph":"","fill":null},"title":null,"description":null,"key":null,"id_prefix":"T","name_field":"name","role":"other","status_field":null,"retired_code":null,"observed_field":null,"summary_fields":[],"contact_fields":[],"weight_field":null,"children":{},"stock":null,"position":null,"capacity":null,"synonyms_lon":[],"synonyms_lat":[],"synonyms_lonlat":[],"synonyms_latlon":[],"published":true,"text":"","sha256":"","source":""}');
INSERT INTO "ems_definition" VALUES ('supply_depots', 3, '', '', '{"name":"supply_depots","label":{"zh":"supply_depots_图层","en":"supply_depots"},"geometry":["Point"],"fields":{"name":{"name":"name","type":"text","label":{"zh":"name_字段","en":"name"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null}},"symbol":{"shape":"circle","colour":"#123456","glyph":"","fill":null},"title":null,"description":null,"key":null,"id_prefix":"D","name_field":"name","role":"other","status_field":null,"retired_code":null,"observed_field":null,"summary_fields":[],"contact_fields":[],"weight_field":null,"children":{"stock":{"name":"stock","label":{"zh":"库存","en":"stock"},"fields":{"item":{"name":"item","type":"text","label":{"zh":"item_字段","en":"item"},"required":true,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null},"quantity":{"name":"quantity","type":"real","label":{"zh":"quantity_字段","en":"quantity"},"required":false,"private":false,"unit":null,"minimum":null,"maximum":null,"max_length":1000,"codes":{},"synonyms":[],"flags":{},"flags_limited":null,"default":null,"reason":"wrong_type","derived":false,"description":null}}}},"stock":null,"position":null,"capacity":null,"synonyms_lon":[],"synonyms_lat":[],"synonyms_lonlat":[],"synonyms_latlon":[],"published":true,"text":"","sha256":"","source":""}');
INSERT INTO "ems_change_log" VALUES (1, 1, '2026-07-01T12:00:00Z', 'geo_ems', 'definition', 'shelters', 'definition', NULL, '', NULL, 'b689ac1a38e644c2d827562d86af5483d57134e15b01a15abe83c26939519d71', 'd3208853ef203f62db7d6a64cfbe62bbe11d755f757c9e38c385d6408ccd47c7');
INSERT INTO "ems_change_log" VALUES (2, 2, '2026-07-01T12:00:00Z', 'geo_ems', 'definition', 'response_teams', 'definition', NULL, '', NULL, '15c2eda83db7fdafd63decda185c80f329854ebd5f1643a610749222ddf799d3', '502bab192cd8ae76f3f3314dc26ff928b59f39a6e9edcf9ab2e79b62362f7f9a');
INSERT INTO "ems_change_log" VALUES (3, 3, '2026-07-01T12:00:00Z', 'geo_ems', 'definition', 'supply_depots', 'definition', NULL, '', NULL, '51764151d08b65d3d4d2b00a774b0959db163dddc44a74ec107add43402b6f22', '1d70f6a503baace05712682520b4f242ce3d1beb16310805fa8c8208ac3264f6');
INSERT INTO "ems_change_log" VALUES (4, 4, '2026-07-01T12:00:00Z', 'tester', 'api', 'shelters', 'create', 'S-1', '', NULL, 'c2807bdceb954df15aefb0605aac7bfcb457c7a03d303a75d1f0210d54698ed6', '77bfc92f0eb3e74d615e6a92ad32c7eedf6c0f135d3fc7853ded5eb25e0d0f30');
INSERT INTO "ems_change_log" VALUES (5, 5, '2026-07-01T12:00:00Z', 'tester', 'api', 'response_teams', 'create', 'a', '', NULL, '9fafa03e04df06c5f2e3fa7432a27408ccab72dd05afbd7786d633e8e438f40d', '79ceea29d7cd320eabdec356f422b5e37a1b2520a71b6b94884378826739f1c0');
INSERT INTO "ems_change_log" VALUES (6, 5, '2026-07-01T12:00:00Z', 'tester', 'api', 'response_teams', 'create', 'b', '', NULL, '57771120a6f3e3a0e4f3107e1895556e5923bb45ef917911d9409907fd45d1bb', '0d3f90543c54e990ddc2987fbec298636a2f162adbf228dc47272edfa764b651');
INSERT INTO "ems_change_log" VALUES (7, 5, '2026-07-01T12:00:00Z', 'tester', 'api', 'response_teams', 'create', 'c', '', NULL, '73c1fb90c90cb4278072156803235fdb437ec99289c26b29ed15cc877940eec3', 'c48f06e6edbda40122fd3585fd6e41b4ccd7faf945621e87fd36b38eec6665e7');
INSERT INTO "ems_change_log" VALUES (8, 6, '2026-07-01T12:00:00Z', 'tester', 'api', 'response_teams', 'bulk', NULL, '', '{"created":3,"replaced":1,"deleted":0,"images_sha256":"56a34a4b6be60e7345ab688125a475203081a75c87ddc9688803cd5a57d931d1"}', '7bf2a47fd7e6290aa5ceff2612e87e76a403af5928119f51dbf2845c6eb92c7e', '99c350a61e050674f4961562b876d493ea2450d91df8572af592ca70fd245b44');
INSERT INTO "ems_change_log" VALUES (9, 7, '2026-07-01T12:00:00Z', 'tester', 'api', 'supply_depots', 'create', 'D-1', '', NULL, '56e06335aff30871667ef05a841daf8cb43b44578d9a53e5d911c3542b4d4edb', '5c5ac9b24e816f632f079bf53a4aff6f51fb2b0deec6cf0840635f006df5bc94');
INSERT INTO "ems_change_log" VALUES (10, 8, '2026-07-01T12:00:00Z', 'tester', 'api', 'response_teams', 'delete', 'c', '', '{"children":{},"geometry":"0101000000cdcccccccc6c5c400000000000c03840","id":"c","properties":{"name":"team c"},"rev":5}', NULL, 'e4ae7c961b9c779971f1f24992d8e92aecdcac5f5341030c7bf2bedd3230c8f7');
INSERT INTO "ems_change_log" VALUES (11, 9, '2026-07-01T12:00:00Z', 'external', 'external', 'response_teams', 'replace', 'b', '{"edited_from":"2026-11-22T02:25:37.749Z","edited_to":"2026-11-22T02:25:37.749Z"}', '{"children":{},"geometry":"01010000009a99999999695c400000000000c03840","id":"b","properties":{"name":"team b"},"rev":6}', '42254934adbf9c4a49f1bdbe8aed30633313693ef3cb59486b60937e399d797b', 'a412094350545029d8e8ebb218684d890fa9a1d28d851b431cd8287aefc5613a');
INSERT INTO "ems_before_image" VALUES (6, 'response_teams', 'b', '{"children":{},"geometry":"01010000006666666666665c400000000000c03840","id":"b","properties":{"name":"team b"},"rev":5}');
INSERT INTO "ems_actor" VALUES (1, NULL);
INSERT INTO "ems_row_digest" VALUES (6, 'response_teams', X'04000000000000005AC5486E9A5D40890500000000000000025ABF39C1D23E290600000000000000FC0965ACC4B96966020000000000000072AD1B6225C1D9DA');
INSERT INTO "shelters" VALUES (1, X'47500001E610000001010000000000000000605C400000000000C03840', 'S-1', 4, '新丰一中', 1200, 1800.5, 0, '2026-02-28', '2026-06-30T23:59:59.000Z', 'open', '["earthquake","flood"]', '+86 751 2250000');
INSERT INTO "rtree_shelters_geom" VALUES (1, 113.5, 113.5, 24.75, 24.75);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'name', 'name_字段', 'name_字段', 'name', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'capacity_persons', 'capacity_persons_字段 (人)', 'capacity_persons_字段 (人)', 'capacity_persons', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'usable_area_m2', 'usable_area_m2_字段 (平方米)', 'usable_area_m2_字段 (平方米)', 'usable_area_m2', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'heated', 'heated_字段', 'heated_字段', 'heated', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'surveyed_on', 'surveyed_on_字段', 'surveyed_on_字段', 'surveyed_on', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'opened_at', 'opened_at_字段', 'opened_at_字段', 'opened_at', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'status', 'status_字段', 'status_字段', 'status', NULL, 'shelters_status');
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'suitable_for', 'suitable_for_字段', 'suitable_for_字段', 'suitable_for', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('shelters', 'phone', 'phone_字段', 'phone_字段', 'phone', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('response_teams', 'name', 'name_字段', 'name_字段', 'name', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('response_teams', 'status', 'status_字段', 'status_字段', 'status', NULL, 'response_teams_status');
INSERT INTO "gpkg_data_columns" VALUES ('supply_depots', 'name', 'name_字段', 'name_字段', 'name', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('supply_depots__stock', 'item', 'item_字段', 'item_字段', 'item', NULL, NULL);
INSERT INTO "gpkg_data_columns" VALUES ('supply_depots__stock', 'quantity', 'quantity_字段', 'quantity_字段', 'quantity', NULL, NULL);
INSERT INTO "gpkg_data_column_constraints" VALUES ('shelters_status', 'enum', 'open', NULL, NULL, NULL, NULL, '开放');
INSERT INTO "gpkg_data_column_constraints" VALUES ('shelters_status', 'enum', 'standby', NULL, NULL, NULL, NULL, '备用');
INSERT INTO "gpkg_data_column_constraints" VALUES ('shelters_status', 'enum', 'closed', NULL, NULL, NULL, NULL, '关闭');
INSERT INTO "gpkg_data_column_constraints" VALUES ('response_teams_status', 'enum', 'open', NULL, NULL, NULL, NULL, '开放');
INSERT INTO "gpkg_data_column_constraints" VALUES ('response_teams_status', 'enum', 'standby', NULL, NULL, NULL, NULL, '备用');
INSERT INTO "gpkg_data_column_constraints" VALUES ('response_teams_status', 'enum', 'closed', NULL, NULL, NULL, NULL, '关闭');
INSERT INTO "layer_styles" VALUES (1, '', '', 'shelters', 'geom', 'geo_ems', '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''>
<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1">
    <rules key="{3f3405ea-944f-55a7-ad70-8be01cbb92a8}">
      <rule key="{00c215a0-e242-5cc6-9fb9-26d6c3829d73}" filter="geometry_type($geometry) = ''Point''" label="shelters_图层 Point" symbol="0" />
      <rule key="{cea9af79-90d6-59b7-9a03-c2b4634eaf63}" filter="geometry_type($geometry) = ''Polygon''" label="shelters_图层 Polygon" symbol="1" />
    </rules>
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle" />
            <Option name="color" type="QString" value="18,52,86,255" />
            <Option name="outline_color" type="QString" value="18,52,86,255" />
            <Option name="outline_style" type="QString" value="solid" />
            <Option name="outline_width" type="QString" value="0.5" />
            <Option name="outline_width_unit" type="QString" value="MM" />
            <Option name="size" type="QString" value="4.2" />
            <Option name="size_unit" type="QString" value="MM" />
            <Option name="angle" type="QString" value="0" />
            <Option name="joinstyle" type="QString" value="bevel" />
          </Option>
          <prop k="name" v="circle" />
          <prop k="color" v="18,52,86,255" />
          <prop k="outline_color" v="18,52,86,255" />
          <prop k="outline_style" v="solid" />
          <prop k="outline_width" v="0.5" />
          <prop k="outline_width_unit" v="MM" />
          <prop k="size" v="4.2" />
          <prop k="size_unit" v="MM" />
          <prop k="angle" v="0" />
          <prop k="joinstyle" v="bevel" />
        </layer>
      </symbol>
      <symbol name="1" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="color" type="QString" value="18,52,86,60" />
            <Option name="style" type="QString" value="solid" />
            <Option name="outline_color" type="QString" value="18,52,86,255" />
            <Option name="outline_style" type="QString" value="solid" />
            <Option name="outline_width" type="QString" value="0.5" />
            <Option name="outline_width_unit" type="QString" value="MM" />
            <Option name="joinstyle" type="QString" value="bevel" />
          </Option>
          <prop k="color" v="18,52,86,60" />
          <prop k="style" v="solid" />
          <prop k="outline_color" v="18,52,86,255" />
          <prop k="outline_style" v="solid" />
          <prop k="outline_width" v="0.5" />
          <prop k="outline_width_unit" v="MM" />
          <prop k="joinstyle" v="bevel" />
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <fieldConfiguration>
    <field name="status">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="开放" type="QString" value="open" />
              </Option>
              <Option type="Map">
                <Option name="备用" type="QString" value="standby" />
              </Option>
              <Option type="Map">
                <Option name="关闭" type="QString" value="closed" />
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
  </fieldConfiguration>
  <aliases>
    <alias field="name" index="-1" name="name_字段" />
    <alias field="capacity_persons" index="-1" name="capacity_persons_字段 (人)" />
    <alias field="usable_area_m2" index="-1" name="usable_area_m2_字段 (平方米)" />
    <alias field="heated" index="-1" name="heated_字段" />
    <alias field="surveyed_on" index="-1" name="surveyed_on_字段" />
    <alias field="opened_at" index="-1" name="opened_at_字段" />
    <alias field="status" index="-1" name="status_字段" />
    <alias field="suitable_for" index="-1" name="suitable_for_字段" />
    <alias field="phone" index="-1" name="phone_字段" />
  </aliases>
</qgis>
', '', 1, 'shelters_图层', '', NULL, '2026-07-01T12:00:00.000Z');
INSERT INTO "layer_styles" VALUES (2, '', '', 'response_teams', 'geom', 'geo_ems', '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''>
<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms">
  <renderer-v2 type="singleSymbol" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1">
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle" />
            <Option name="color" type="QString" value="18,52,86,255" />
            <Option name="outline_color" type="QString" value="18,52,86,255" />
            <Option name="outline_style" type="QString" value="solid" />
            <Option name="outline_width" type="QString" value="0.5" />
            <Option name="outline_width_unit" type="QString" value="MM" />
            <Option name="size" type="QString" value="4.2" />
            <Option name="size_unit" type="QString" value="MM" />
            <Option name="angle" type="QString" value="0" />
            <Option name="joinstyle" type="QString" value="bevel" />
          </Option>
          <prop k="name" v="circle" />
          <prop k="color" v="18,52,86,255" />
          <prop k="outline_color" v="18,52,86,255" />
          <prop k="outline_style" v="solid" />
          <prop k="outline_width" v="0.5" />
          <prop k="outline_width_unit" v="MM" />
          <prop k="size" v="4.2" />
          <prop k="size_unit" v="MM" />
          <prop k="angle" v="0" />
          <prop k="joinstyle" v="bevel" />
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <fieldConfiguration>
    <field name="status">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="开放" type="QString" value="open" />
              </Option>
              <Option type="Map">
                <Option name="备用" type="QString" value="standby" />
              </Option>
              <Option type="Map">
                <Option name="关闭" type="QString" value="closed" />
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
  </fieldConfiguration>
  <aliases>
    <alias field="name" index="-1" name="name_字段" />
    <alias field="status" index="-1" name="status_字段" />
  </aliases>
  <layerGeometryType>0</layerGeometryType>
</qgis>
', '', 1, 'response_teams_图层', '', NULL, '2026-07-01T12:00:00.000Z');
INSERT INTO "layer_styles" VALUES (3, '', '', 'supply_depots', 'geom', 'geo_ems', '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''>
<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms">
  <renderer-v2 type="singleSymbol" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1">
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle" />
            <Option name="color" type="QString" value="18,52,86,255" />
            <Option name="outline_color" type="QString" value="18,52,86,255" />
            <Option name="outline_style" type="QString" value="solid" />
            <Option name="outline_width" type="QString" value="0.5" />
            <Option name="outline_width_unit" type="QString" value="MM" />
            <Option name="size" type="QString" value="4.2" />
            <Option name="size_unit" type="QString" value="MM" />
            <Option name="angle" type="QString" value="0" />
            <Option name="joinstyle" type="QString" value="bevel" />
          </Option>
          <prop k="name" v="circle" />
          <prop k="color" v="18,52,86,255" />
          <prop k="outline_color" v="18,52,86,255" />
          <prop k="outline_style" v="solid" />
          <prop k="outline_width" v="0.5" />
          <prop k="outline_width_unit" v="MM" />
          <prop k="size" v="4.2" />
          <prop k="size_unit" v="MM" />
          <prop k="angle" v="0" />
          <prop k="joinstyle" v="bevel" />
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <fieldConfiguration />
  <aliases>
    <alias field="name" index="-1" name="name_字段" />
  </aliases>
  <layerGeometryType>0</layerGeometryType>
</qgis>
', '', 1, 'supply_depots_图层', '', NULL, '2026-07-01T12:00:00.000Z');
INSERT INTO "response_teams" VALUES (1, X'47500001E610000001010000000000000000605C400000000000C03840', 'a', 5, 'team a', 'open');
INSERT INTO "response_teams" VALUES (2, X'47500001E610000001010000009A99999999695C400000000000C03840', 'b', 9, 'edited outside', NULL);
INSERT INTO "response_teams" VALUES (4, X'47500001E610000001010000000000000000605C400000000000C03840', 'n0', 6, 'team n0', NULL);
INSERT INTO "response_teams" VALUES (5, X'47500001E610000001010000000000000000605C400000000000C03840', 'n1', 6, 'team n1', NULL);
INSERT INTO "response_teams" VALUES (6, X'47500001E610000001010000000000000000605C400000000000C03840', 'n2', 6, 'team n2', NULL);
INSERT INTO "rtree_response_teams_geom" VALUES (1, 113.5, 113.5, 24.75, 24.75);
INSERT INTO "rtree_response_teams_geom" VALUES (4, 113.5, 113.5, 24.75, 24.75);
INSERT INTO "rtree_response_teams_geom" VALUES (5, 113.5, 113.5, 24.75, 24.75);
INSERT INTO "rtree_response_teams_geom" VALUES (6, 113.5, 113.5, 24.75, 24.75);
INSERT INTO "rtree_response_teams_geom" VALUES (2, 113.64999389648438, 113.65000152587891, 24.75, 24.75);
INSERT INTO "supply_depots" VALUES (1, NULL, 'D-1', 7, 'depot');
INSERT INTO "supply_depots__stock" VALUES (1, 'D-1', 1, 'tent', 4.0);
INSERT INTO "supply_depots__stock" VALUES (2, 'D-1', 2, 'boat', 1.0);
DELETE FROM sqlite_sequence WHERE name = 'ems_about';
INSERT INTO sqlite_sequence VALUES ('ems_about', 1);
DELETE FROM sqlite_sequence WHERE name = 'layer_styles';
INSERT INTO sqlite_sequence VALUES ('layer_styles', 3);
DELETE FROM sqlite_sequence WHERE name = 'ems_foreign_edit';
INSERT INTO sqlite_sequence VALUES ('ems_foreign_edit', 1);
DELETE FROM sqlite_sequence WHERE name = 'shelters';
INSERT INTO sqlite_sequence VALUES ('shelters', 1);
DELETE FROM sqlite_sequence WHERE name = 'response_teams';
INSERT INTO sqlite_sequence VALUES ('response_teams', 6);
DELETE FROM sqlite_sequence WHERE name = 'supply_depots';
INSERT INTO sqlite_sequence VALUES ('supply_depots', 1);
DELETE FROM sqlite_sequence WHERE name = 'supply_depots__stock';
INSERT INTO sqlite_sequence VALUES ('supply_depots__stock', 2);
CREATE INDEX ems_change_log_by_seq ON ems_change_log (seq);
CREATE INDEX ems_change_log_by_layer ON ems_change_log (layer, entry);
CREATE TRIGGER ems_change_log_no_update BEFORE UPDATE ON ems_change_log BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;
CREATE TRIGGER ems_change_log_no_delete BEFORE DELETE ON ems_change_log BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;
CREATE TRIGGER ems_before_image_no_update BEFORE UPDATE ON ems_before_image BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;
CREATE TRIGGER ems_before_image_no_delete BEFORE DELETE ON ems_before_image BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;
CREATE TRIGGER "rtree_shelters_geom_insert" AFTER INSERT ON "shelters" WHEN (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO "rtree_shelters_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_shelters_geom_update1" AFTER UPDATE OF geom ON "shelters"
  WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO "rtree_shelters_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_shelters_geom_update2" AFTER UPDATE OF geom ON "shelters"
  WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_shelters_geom" WHERE id = OLD.fid; END;
CREATE TRIGGER "rtree_shelters_geom_update3" AFTER UPDATE ON "shelters" WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_shelters_geom" WHERE id = OLD.fid; INSERT OR REPLACE INTO "rtree_shelters_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_shelters_geom_update4" AFTER UPDATE ON "shelters" WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_shelters_geom" WHERE id IN (OLD.fid, NEW.fid); END;
CREATE TRIGGER "rtree_shelters_geom_delete" AFTER DELETE ON "shelters" WHEN OLD.geom NOT NULL
  BEGIN DELETE FROM "rtree_shelters_geom" WHERE id = OLD.fid; END;
CREATE TRIGGER "ems_shelters_insert" AFTER INSERT ON "shelters" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('shelters', 'I', NEW.fid, NULL, NULL); END;
CREATE TRIGGER "ems_shelters_update" AFTER UPDATE ON "shelters" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('shelters', 'U', NEW.fid, OLD.fid, OLD.id); INSERT INTO "ems_foreign_before_shelters" (n, fid, geom, id, rev, "name", "capacity_persons", "usable_area_m2", "heated", "surveyed_on", "opened_at", "status", "suitable_for", "phone")
    SELECT max(n), OLD.fid, OLD.geom, OLD.id, OLD.rev, OLD."name", OLD."capacity_persons", OLD."usable_area_m2", OLD."heated", OLD."surveyed_on", OLD."opened_at", OLD."status", OLD."suitable_for", OLD."phone" FROM ems_foreign_edit; END;
CREATE TRIGGER "ems_shelters_delete" AFTER DELETE ON "shelters" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('shelters', 'D', NULL, OLD.fid, OLD.id); INSERT INTO "ems_foreign_before_shelters" (n, fid, geom, id, rev, "name", "capacity_persons", "usable_area_m2", "heated", "surveyed_on", "opened_at", "status", "suitable_for", "phone")
    SELECT max(n), OLD.fid, OLD.geom, OLD.id, OLD.rev, OLD."name", OLD."capacity_persons", OLD."usable_area_m2", OLD."heated", OLD."surveyed_on", OLD."opened_at", OLD."status", OLD."suitable_for", OLD."phone" FROM ems_foreign_edit; END;
CREATE TRIGGER "ems_shelters_replacing_insert" BEFORE INSERT ON "shelters" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL AND EXISTS (SELECT 1 FROM "shelters" WHERE (fid = NEW.fid OR id = NEW.id)) BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT 'shelters', 'D', NULL, fid, id FROM "shelters" WHERE (fid = NEW.fid OR id = NEW.id);
  INSERT INTO "ems_foreign_before_shelters" (n, fid, geom, id, rev, "name", "capacity_persons", "usable_area_m2", "heated", "surveyed_on", "opened_at", "status", "suitable_for", "phone")
    SELECT (SELECT max(n) FROM ems_foreign_edit WHERE layer = 'shelters' AND old_fid = "shelters".fid),
      fid, geom, id, rev, "name", "capacity_persons", "usable_area_m2", "heated", "surveyed_on", "opened_at", "status", "suitable_for", "phone" FROM "shelters" WHERE (fid = NEW.fid OR id = NEW.id); END;
CREATE TRIGGER "ems_shelters_replacing_update" BEFORE UPDATE OF fid, id ON "shelters" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL AND EXISTS (SELECT 1 FROM "shelters" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id))) BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT 'shelters', 'D', NULL, fid, id FROM "shelters" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id));
  INSERT INTO "ems_foreign_before_shelters" (n, fid, geom, id, rev, "name", "capacity_persons", "usable_area_m2", "heated", "surveyed_on", "opened_at", "status", "suitable_for", "phone")
    SELECT (SELECT max(n) FROM ems_foreign_edit WHERE layer = 'shelters' AND old_fid = "shelters".fid),
      fid, geom, id, rev, "name", "capacity_persons", "usable_area_m2", "heated", "surveyed_on", "opened_at", "status", "suitable_for", "phone" FROM "shelters" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id)); END;
CREATE TRIGGER "rtree_response_teams_geom_insert" AFTER INSERT ON "response_teams" WHEN (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO "rtree_response_teams_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_response_teams_geom_update1" AFTER UPDATE OF geom ON "response_teams"
  WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO "rtree_response_teams_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_response_teams_geom_update2" AFTER UPDATE OF geom ON "response_teams"
  WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_response_teams_geom" WHERE id = OLD.fid; END;
CREATE TRIGGER "rtree_response_teams_geom_update3" AFTER UPDATE ON "response_teams" WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_response_teams_geom" WHERE id = OLD.fid; INSERT OR REPLACE INTO "rtree_response_teams_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_response_teams_geom_update4" AFTER UPDATE ON "response_teams" WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_response_teams_geom" WHERE id IN (OLD.fid, NEW.fid); END;
CREATE TRIGGER "rtree_response_teams_geom_delete" AFTER DELETE ON "response_teams" WHEN OLD.geom NOT NULL
  BEGIN DELETE FROM "rtree_response_teams_geom" WHERE id = OLD.fid; END;
CREATE TRIGGER "ems_response_teams_insert" AFTER INSERT ON "response_teams" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('response_teams', 'I', NEW.fid, NULL, NULL); END;
CREATE TRIGGER "ems_response_teams_update" AFTER UPDATE ON "response_teams" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('response_teams', 'U', NEW.fid, OLD.fid, OLD.id); INSERT INTO "ems_foreign_before_response_teams" (n, fid, geom, id, rev, "name", "status")
    SELECT max(n), OLD.fid, OLD.geom, OLD.id, OLD.rev, OLD."name", OLD."status" FROM ems_foreign_edit; END;
CREATE TRIGGER "ems_response_teams_delete" AFTER DELETE ON "response_teams" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('response_teams', 'D', NULL, OLD.fid, OLD.id); INSERT INTO "ems_foreign_before_response_teams" (n, fid, geom, id, rev, "name", "status")
    SELECT max(n), OLD.fid, OLD.geom, OLD.id, OLD.rev, OLD."name", OLD."status" FROM ems_foreign_edit; END;
CREATE TRIGGER "ems_response_teams_replacing_insert" BEFORE INSERT ON "response_teams" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL AND EXISTS (SELECT 1 FROM "response_teams" WHERE (fid = NEW.fid OR id = NEW.id)) BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT 'response_teams', 'D', NULL, fid, id FROM "response_teams" WHERE (fid = NEW.fid OR id = NEW.id);
  INSERT INTO "ems_foreign_before_response_teams" (n, fid, geom, id, rev, "name", "status")
    SELECT (SELECT max(n) FROM ems_foreign_edit WHERE layer = 'response_teams' AND old_fid = "response_teams".fid),
      fid, geom, id, rev, "name", "status" FROM "response_teams" WHERE (fid = NEW.fid OR id = NEW.id); END;
CREATE TRIGGER "ems_response_teams_replacing_update" BEFORE UPDATE OF fid, id ON "response_teams" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL AND EXISTS (SELECT 1 FROM "response_teams" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id))) BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT 'response_teams', 'D', NULL, fid, id FROM "response_teams" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id));
  INSERT INTO "ems_foreign_before_response_teams" (n, fid, geom, id, rev, "name", "status")
    SELECT (SELECT max(n) FROM ems_foreign_edit WHERE layer = 'response_teams' AND old_fid = "response_teams".fid),
      fid, geom, id, rev, "name", "status" FROM "response_teams" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id)); END;
CREATE INDEX "supply_depots__stock_by_parent" ON "supply_depots__stock" (parent_id);
CREATE TRIGGER "rtree_supply_depots_geom_insert" AFTER INSERT ON "supply_depots" WHEN (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO "rtree_supply_depots_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_supply_depots_geom_update1" AFTER UPDATE OF geom ON "supply_depots"
  WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO "rtree_supply_depots_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_supply_depots_geom_update2" AFTER UPDATE OF geom ON "supply_depots"
  WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_supply_depots_geom" WHERE id = OLD.fid; END;
CREATE TRIGGER "rtree_supply_depots_geom_update3" AFTER UPDATE ON "supply_depots" WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_supply_depots_geom" WHERE id = OLD.fid; INSERT OR REPLACE INTO "rtree_supply_depots_geom" VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER "rtree_supply_depots_geom_update4" AFTER UPDATE ON "supply_depots" WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM "rtree_supply_depots_geom" WHERE id IN (OLD.fid, NEW.fid); END;
CREATE TRIGGER "rtree_supply_depots_geom_delete" AFTER DELETE ON "supply_depots" WHEN OLD.geom NOT NULL
  BEGIN DELETE FROM "rtree_supply_depots_geom" WHERE id = OLD.fid; END;
CREATE TRIGGER "ems_supply_depots_insert" AFTER INSERT ON "supply_depots" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('supply_depots', 'I', NEW.fid, NULL, NULL); END;
CREATE TRIGGER "ems_supply_depots_update" AFTER UPDATE ON "supply_depots" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('supply_depots', 'U', NEW.fid, OLD.fid, OLD.id); INSERT INTO "ems_foreign_before_supply_depots" (n, fid, geom, id, rev, "name")
    SELECT max(n), OLD.fid, OLD.geom, OLD.id, OLD.rev, OLD."name" FROM ems_foreign_edit; END;
CREATE TRIGGER "ems_supply_depots_delete" AFTER DELETE ON "supply_depots" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('supply_depots', 'D', NULL, OLD.fid, OLD.id); INSERT INTO "ems_foreign_before_supply_depots" (n, fid, geom, id, rev, "name")
    SELECT max(n), OLD.fid, OLD.geom, OLD.id, OLD.rev, OLD."name" FROM ems_foreign_edit; END;
CREATE TRIGGER "ems_supply_depots_replacing_insert" BEFORE INSERT ON "supply_depots" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL AND EXISTS (SELECT 1 FROM "supply_depots" WHERE (fid = NEW.fid OR id = NEW.id)) BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT 'supply_depots', 'D', NULL, fid, id FROM "supply_depots" WHERE (fid = NEW.fid OR id = NEW.id);
  INSERT INTO "ems_foreign_before_supply_depots" (n, fid, geom, id, rev, "name")
    SELECT (SELECT max(n) FROM ems_foreign_edit WHERE layer = 'supply_depots' AND old_fid = "supply_depots".fid),
      fid, geom, id, rev, "name" FROM "supply_depots" WHERE (fid = NEW.fid OR id = NEW.id); END;
CREATE TRIGGER "ems_supply_depots_replacing_update" BEFORE UPDATE OF fid, id ON "supply_depots" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL AND EXISTS (SELECT 1 FROM "supply_depots" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id))) BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT 'supply_depots', 'D', NULL, fid, id FROM "supply_depots" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id));
  INSERT INTO "ems_foreign_before_supply_depots" (n, fid, geom, id, rev, "name")
    SELECT (SELECT max(n) FROM ems_foreign_edit WHERE layer = 'supply_depots' AND old_fid = "supply_depots".fid),
      fid, geom, id, rev, "name" FROM "supply_depots" WHERE (fid != OLD.fid AND (fid = NEW.fid OR id = NEW.id)); END;
CREATE TRIGGER "ems_supply_depots__stock_insert" AFTER INSERT ON "supply_depots__stock" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('supply_depots', 'C', NULL, NULL, NEW.parent_id); END;
CREATE TRIGGER "ems_supply_depots__stock_update" AFTER UPDATE ON "supply_depots__stock" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('supply_depots', 'C', NULL, NULL, OLD.parent_id), ('supply_depots', 'C', NULL, NULL, NEW.parent_id); END;
CREATE TRIGGER "ems_supply_depots__stock_delete" AFTER DELETE ON "supply_depots__stock" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id) VALUES  ('supply_depots', 'C', NULL, NULL, OLD.parent_id); END;
CREATE TRIGGER "ems_supply_depots__stock_replacing_insert" BEFORE INSERT ON "supply_depots__stock" WHEN (SELECT actor FROM ems_actor WHERE one = 1) IS NULL BEGIN
  INSERT INTO ems_foreign_edit (layer, op, fid, old_fid, old_id)
    SELECT 'supply_depots', 'C', NULL, NULL, parent_id FROM "supply_depots__stock" WHERE fid = NEW.fid; END;
