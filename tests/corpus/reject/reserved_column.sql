-- expect: ORA-00936 2:8
select mode from t
