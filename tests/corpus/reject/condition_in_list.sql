-- expect: ORA-00923 2:10
select a = b from t
