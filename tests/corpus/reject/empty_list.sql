-- expect: ORA-00936 2:8
select from t
