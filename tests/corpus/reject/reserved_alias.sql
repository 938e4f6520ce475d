-- expect: ORA-00923 2:13
select a as date from t
